# A metric over one axis, and on the second y axis how many expiries came early.
set xlabel x_label offset 0,0.6
set ylabel y_label
set y2label 'early expiries (dashed)'
set border 11
set y2tics nomirror
set y2range [0:y2_end]
if (log_x) { set logscale x; set xlabel x_label.' (log scale)' offset 0,0.6 }
if (log_y) { set logscale y; set ylabel y_label.' (log scale)' } else { set yrange [0:*] }
if (y_flat) { set yrange [y_low:y_high] }
if (n_words > 0) { set xrange [-0.5:n_words-0.5] } else { if (x_flat) { set xrange [x_low:x_high] } }
if (n_words > 8) { set xtics rotate by 45 right }
if (n_words > 30) { set xtics rotate by 90 right font ',10' }
if (dumb) {
	plot for [i=1:n] $lines index i-1 using 1:2 with linespoints lt i title value('name_'.i), \
	     for [i=1:n] $lines index i-1 using 1:6 axes x1y2 with lines lt i+n title value('name_'.i).', early'
} else {
	plot for [i=1:n] $lines index i-1 using 1:2 with linespoints lt i ps 0.6 title value('name_'.i), \
	     for [i=1:n] $lines index i-1 using 1:6 axes x1y2 with lines lt i dt 2 notitle, \
	     for [i=1:n] $lines index i-1 using 1:2:5 with labels hypertext point pt 7 ps 0.3 lt i notitle
}
