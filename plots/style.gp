# What all pictures have in common. Colours: Okabe and Ito, told apart by everybody.
set datafile separator "\t"
set linetype 1 lc rgb '#0072b2' lw 2 pt 7
set linetype 2 lc rgb '#d55e00' lw 2 pt 5
set linetype 3 lc rgb '#009e73' lw 2 pt 9
set linetype 4 lc rgb '#e69f00' lw 2 pt 11
set linetype 5 lc rgb '#56b4e9' lw 2 pt 13
set linetype 6 lc rgb '#cc79a7' lw 2 pt 6
set linetype 7 lc rgb '#000000' lw 2 pt 4
set linetype 8 lc rgb '#999933' lw 2 pt 8
set linetype cycle 8
set title title."\n".subtitle
set border 3 lc rgb '#606060'
set tics nomirror out textcolor rgb '#000000'
set grid lc rgb '#d8d8d8' lw 0.5 dt 1
set format x '%.12g'
set format y '%.12g'
set key outside bottom center vertical maxrows 4 noenhanced Left reverse width 2 spacing 1.2
