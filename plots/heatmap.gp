# A metric over two axes. Colours: cividis, told apart by everybody, and in grey too.
set palette defined (0 '#00224e', 1 '#2a3f6d', 2 '#575d6d', 3 '#7d7c78', 4 '#a69d75', 5 '#d3c164', 6 '#fee838')
set xlabel x_label offset 0,0.6
set ylabel y_label
set cblabel z_label
set xrange [-0.5:nx-0.5]
set yrange [-0.5:ny-0.5]
if (z_flat) { set cbrange [z_low:z_high] }
unset grid
unset key
if (log_z) { set logscale cb; set cblabel z_label.' (log scale)' }
if (nx > 8) { set xtics rotate by 45 right }
if (nx > 30) { set xtics rotate by 90 right font ',10' }
if (dumb) {
	set title title."\n".subtitle."\n".z_label
	plot $cells using 1:2:4 with labels
} else {
	if (words) {
		plot $cells using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror fs solid noborder lc palette, \
		     $cells using 1:2:4:5 with labels font ',12' tc rgb variable, \
		     $cells using 1:2:6 with labels hypertext point pt 7 ps 0.1 lc rgb '#808080'
	} else {
		plot $cells using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror fs solid noborder lc palette, \
		     $cells using 1:2:6 with labels hypertext point pt 7 ps 0.1 lc rgb '#808080'
	}
}
