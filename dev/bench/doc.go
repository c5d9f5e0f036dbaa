// Package bench holds what stands behind every figure in docs/performance.md:
//
//	traffic    captures made from a seed, the same bytes everywhere
//	gen        the command that writes them
//	loops      the work of "pcapmill convert" on gopacket, to compare with
//	baseline   the command that runs them
//	peers      the same work in Python, and the script that installs it and other programs
//	unpack     undoes gzip as capture does, and nothing else
//	timer      measures one process, and turns measurements and bounds into tables
//	run.sh     interleaves whole-process runs and prints those tables
//	tenth.sh   three million sessions in a tenth of the memory: same bytes, how much slower
//
// and Go benchmarks, of whole conversions and room by room, in the form that
// benchstat reads; every one reports allocations and, where it has packets, what
// one costs:
//
//	TMPDIR=/dev/shm go test ./bench -run '^$' -bench . -count 6 | tee new.txt
//	TMPDIR=/dev/shm go test ./bench -run '^$' -bench Convert/mixed -size 256MiB
//
// No test here asserts a time: what is asserted is that the loops compared
// write the same bytes, so that the work is the same. The scripts are tested
// where PCAPMILL_TEST_SCRIPTS is set. The product imports nothing from here.
package bench
