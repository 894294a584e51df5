# A metric over one axis; a line a value of another.
set xlabel x_label offset 0,0.6
set ylabel y_label
if (log_x) { set logscale x; set xlabel x_label.' (log scale)' offset 0,0.6 }
if (log_y) { set logscale y; set ylabel y_label.' (log scale)' }
if (y_flat) { set yrange [y_low:y_high] }
if (n_words > 0) { set xrange [-0.5:n_words-0.5] } else { if (x_flat) { set xrange [x_low:x_high] } }
if (n_words > 8) { set xtics rotate by 45 right }
if (n_words > 30) { set xtics rotate by 90 right font ',10' }
set style fill transparent solid 0.2 noborder
if (dumb) {
	plot for [i=1:n] $lines index i-1 using 1:2 with linespoints lt i title value('name_'.i)
} else {
	if (bands) {
		plot for [i=1:n] $lines index i-1 using 1:3:4 with filledcurves lt i notitle, \
		     for [i=1:n] $lines index i-1 using 1:2 with linespoints lt i ps 0.6 title value('name_'.i), \
		     for [i=1:n] $lines index i-1 using 1:2:5 with labels hypertext point pt 7 ps 0.3 lt i notitle
	} else {
		plot for [i=1:n] $lines index i-1 using 1:2 with linespoints lt i ps 0.6 title value('name_'.i), \
		     for [i=1:n] $lines index i-1 using 1:2:5 with labels hypertext point pt 7 ps 0.3 lt i notitle
	}
}
