// Package bench holds what stands behind every figure in docs/performance.md:
//
//	traffic    captures made from a seed, the same bytes everywhere
//	gen        the command that writes them
//	loops      the work of "pcapmill convert" on gopacket, to compare with
//	baseline   the command that runs them
//	timer      measures one process, and turns measurements into a table
//	run.sh     interleaves whole-process runs and prints that table
//
// and Go benchmarks, of whole conversions and room by room, in the form that
// benchstat reads:
//
//	TMPDIR=/dev/shm go test ./bench -run '^$' -bench . -count 6 | tee new.txt
//	TMPDIR=/dev/shm go test ./bench -run '^$' -bench Convert/mixed -size 256MiB
//
// No test here asserts a time: what is asserted is that the loops compared
// write the same bytes, so that the work is the same. The product imports
// nothing from here.
package bench
