# Of each variant two bars, the mean and the worst: the parts of the lateness one behind the other, from the expiry if it
# came before the deadline.
set key outside bottom center horizontal maxrows 2 noenhanced Left reverse
set border 1 lc rgb '#606060'
set ytics nomirror out scale 0
set grid noytics
set xlabel x_label offset 0,0.6
set xrange [x_low:x_high]
set yrange [lanes-0.4:-0.8]
set lmargin 24
set style fill solid 0.9
set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb '#606060' dt 2
set label 1 'due' at 0, graph 1 center offset 0,0.5 tc rgb '#606060'
plot for [i=1:n] $boxes index i-1 using 1:2:3:4:($2-0.25):($2+0.25) with boxxyerror lt value('colour_'.i) lw 1 \
		title value('name_'.i), \
	$words index 0 using 1:2:3 with labels left offset 0.7,0 noenhanced font ',10' notitle
