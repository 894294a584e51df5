# How often each value came; a series a variant.
set key maxrows 8 # the names are long: one column
set xlabel x_label offset 0,0.6
set ylabel log_y ? 'expiries (log scale)' : 'expiries'
if (log_x) { set logscale x; set xlabel x_label.' (log scale)' offset 0,0.6 }
if (log_y) { set logscale y; set yrange [0.5:*] } else { set yrange [0:*] }
if (x_flat) { set xrange [x_low:x_high] }
floor = log_y ? 0.5 : 0
set style fill transparent solid 0.35 border
if (dumb) {
	plot for [i=1:n] $bins index i-1 using 4:3 with impulses lt i title value('name_'.i)
} else {
	plot for [i=1:n] $bins index i-1 using 4:3:1:2:(floor):3 with boxxyerror lt i lw 1 title value('name_'.i), \
	     for [i=1:n] $bins index i-1 using 4:3:5 with labels hypertext point pt 7 ps 0.4 lt i notitle
}
