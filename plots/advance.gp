# Above: the advance. Below: the error that it follows.
set multiplot layout 2,1
set lmargin 13
set rmargin 4
unset key
set ylabel 'timer advance [ns]'
set yrange [0:y_end]
if (x_flat) { set xrange [x_low:x_high] }
if (cap_ns > 0) {
	set arrow 1 from graph 0, first cap_ns to graph 1, first cap_ns nohead lc rgb '#606060' dt 2
	set label 1 cap_words at graph 0.99, first cap_ns right offset 0,0.6 front
}
plot for [i=1:n] $advance index i-1 using 1:2 with steps lt value('colour_'.i) notitle
unset arrow 1
unset label 1
if (quiet_below > 0) {
	set object 1 rectangle from graph 0, first -quiet_below to graph 1, first quiet_below \
		behind fc rgb '#d0d0d0' fs solid 1 noborder
}
set title window_words
set xlabel 'time [ms]' offset 0,0.6
set ylabel 'TSC - deadline [cycles]'
if (y_flat) { set yrange [y_low:y_high] } else { set yrange [*:*] }
set key outside bottom center vertical maxrows 4 noenhanced Left reverse
if (n_idle == 0) {
	plot for [i=1:n] $delta index i-1 using 1:2 with points lt value('colour_'.i) ps 0.5 title value('name_'.i)
} else {
	plot for [i=1:n] $delta index i-1 using 1:2 with points lt value('colour_'.i) ps 0.5 title value('name_'.i), \
	     for [i=1:n_idle] keyentry with points lt value('idle_'.i) ps 0.5 title value('idle_name_'.i)
}
unset multiplot
