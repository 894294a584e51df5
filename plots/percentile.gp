# The value at each rank; the further right, the rarer.
set key maxrows 8 # the names are long: one column
set xlabel 'percentile of expiries' offset 0,0.6
set ylabel y_label
set logscale x
set xrange [1:x_end]
set xtics ('0' 1, '50' 2, '75' 4, '90' 10, '95' 20, '99' 100, '99.9' 1000, '99.99' 10000, '99.999' 100000)
if (log_y) { set logscale y; set ylabel y_label.' (log scale)' }
if (y_flat) { set yrange [y_low:y_high] }
plot for [i=1:n] $ranks index i-1 using 1:2 with lines lt i lw 2.5 title value('name_'.i)
