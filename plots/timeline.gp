# Lanes from the top: of each variant the CPUs concerned, then the vCPU. Arrows: armed -> fires -> injected.
set key outside bottom center horizontal noenhanced Left reverse
set border 1 lc rgb '#606060'
set ytics nomirror out scale 0
set grid noytics
set xlabel x_label offset 0,0.6
set xrange [x_low:x_high]
set yrange [lanes-0.4:-0.8]
set lmargin 20
set style fill solid 0.8
set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb '#606060' dt 2
set label 1 'due' at 0, graph 1 center offset 0,0.5 tc rgb '#606060'
plot for [i=1:n] $boxes index i-1 using 1:2:3:4:($2-0.22):($2+0.22) with boxxyerror lt value('colour_'.i) lw 1 \
		title value('name_'.i), \
	$arrows index 0 using 1:2:3:4 with vectors head filled lc rgb '#000000' lw 1.5 notitle, \
	$words index 0 using 1:2:3 with labels offset 0,1.3 noenhanced font ',10' notitle
