package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal and what was written to it.
type terminal struct {
	slave *os.File
	mutex sync.Mutex
	text  bytes.Buffer
	ended chan struct{}
}

// openTerminal opens a terminal of the given size, or skips the test.
func openTerminal(t *testing.T, columns int) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: uint16(columns)})
	}
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	tt := &terminal{slave: slave, ended: make(chan struct{})}
	go func() { // until the last one who writes has closed it
		defer close(tt.ended)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			tt.mutex.Lock()
			tt.text.Write(b[:n])
			tt.mutex.Unlock()
			if err != nil {
				_ = master.Close()
				return
			}
		}
	}()
	return tt
}

func (tt *terminal) String() string {
	tt.mutex.Lock()
	defer tt.mutex.Unlock()
	return strings.ReplaceAll(tt.text.String(), "\r\n", "\n")
}

// run runs pcapmill on the terminal, with more environment.
func (tt *terminal) start(t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pcapmill", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, tt.slave, tt.slave
	cmd.Env = append(append(os.Environ(), "TERM=xterm-256color", "NO_COLOR="), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tt.slave.Close() // the process has its own
	return cmd
}

func (tt *terminal) wait(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	code := exitStatus(t, cmd.Wait())
	<-tt.ended
	return code
}

// await waits for a text to be on the terminal.
func (tt *terminal) await(t *testing.T, text string) {
	t.Helper()
	for range 1000 {
		if strings.Contains(tt.String(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %q in\n%s", text, tt)
}

// TestTerminal shows a run to a person: a bar while it goes on, a line a capture
// when it is done, and tables no wider than the terminal.
func TestTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := recipe{link: 1, sessions: 2, payload: 50, acks: 3, format: "pcap", seed: 1}
	second := recipe{link: 1, sessions: 3, payload: 50, dns: 2, arp: 1, acks: 1, format: "pcap", seed: 2, cut: -3}
	write(t, dir, "a_rather_long_name_of_a_capture_email1.pcap", first.file())
	fifo := filepath.Join(dir, "aim_chat1.pcap")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	tt := openTerminal(t, 80)
	cmd := tt.start(t, dir, nil, "convert", "-j", "1", "a_rather_long_name_of_a_capture_email1.pcap", "aim_chat1.pcap", "-o", "data")
	f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	tt.await(t, " packets, ") // the bar, while it waits
	if _, err := f.Write(second.file()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if code := tt.wait(t, cmd); code != exitDamaged {
		t.Errorf("exit status %d, need %d", code, exitDamaged)
	}
	text := tt.String()
	for _, need := range []string{
		"B/s", "a_rather_long_name_of_a_capture_email1.pcap: 9 packets, 2 samples\n", "aim_chat1.pcap: 12 packets, 3 samples, damaged\n",
		"\nCAPTURE", "CLASS", " SAMPLES  DUPL  TRUNC  PADDED  EXACT ", "a_rathe…l1.pcap", "PACKETS  USED   SEC  LEFT OUT\n", "2 dns, 1 tcp-control\n",
		"\ntotal ", "data: 5 samples of 28x28 bytes from 2 captures\n", "aim_chat1.pcap: packet 13 at byte ",
	} {
		if !strings.Contains(text, need) {
			t.Errorf("no %q", need)
		}
	}
	_, tables, _ := strings.Cut(text, "\nCAPTURE")
	for line := range strings.SplitSeq(tables, "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d characters in a terminal of 80: %s", n, line)
		}
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
}

// TestGrey draws in grey levels on a terminal, unless it should not.
func TestGrey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := recipe{link: 1, sessions: 2, payload: 50, format: "pcap", seed: 1}
	write(t, dir, "email1.pcap", c.file())
	cmd, stdout, stderr := start(t, dir, "convert", "email1.pcap", "-o", "data")
	if code := exitStatus(t, cmd.Wait()); code != 0 {
		t.Fatalf("%d\n%s%s", code, stdout, stderr)
	}
	for name, test := range map[string]struct {
		env  string
		grey bool
	}{
		"terminal": {"TERM=xterm-256color", true}, "kitty": {"TERM=xterm-kitty", false}, "NO_COLOR": {"NO_COLOR=1", false}, "dumb": {"TERM=dumb", false},
	} {
		tt := openTerminal(t, 80)
		cmd := tt.start(t, dir, []string{test.env}, "inspect", "data")
		if code := tt.wait(t, cmd); code != 0 {
			t.Errorf("%s: exit status %d", name, code)
		}
		if grey := strings.Contains(tt.String(), "\x1b[38;5;"); grey != test.grey {
			t.Errorf("%s: grey levels %v, need %v\n%s", name, grey, test.grey, tt)
		}
		if picture := strings.Contains(tt.String(), "\x1b_Ga=T,f=100,"); picture != (name == "kitty") {
			t.Errorf("%s: pictures of kitty %v", name, picture)
		}
		if !strings.Contains(tt.String(), "Email") {
			t.Errorf("%s: no class\n%s", name, tt)
		}
	}
}

// TestExportOnTerminal: the bar of an export leaves nothing behind but the line that
// says what was written.
func TestExportOnTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := recipe{link: 1, sessions: 2, payload: 50, format: "pcap", seed: 1}
	write(t, dir, "email1.pcap", c.file())
	cmd, stdout, stderr := start(t, dir, "convert", "email1.pcap", "-o", "data")
	if code := exitStatus(t, cmd.Wait()); code != 0 {
		t.Fatalf("%d\n%s%s", code, stdout, stderr)
	}
	tt := openTerminal(t, 80)
	cmd = tt.start(t, dir, nil, "export", "data", "--format", "npz,png")
	if code := tt.wait(t, cmd); code != 0 {
		t.Errorf("exit status %d", code)
	}
	if !strings.HasSuffix(tt.String(), "\x1b[Jdata/npz: 1 file, 3.1 KiB, 2 samples\ndata/png: 3 files, 579 B, 2 samples\n") || !strings.Contains(tt.String(), "png: 2 samples read") {
		t.Errorf("%q", tt)
	}
}

// TestLinesFit: what commands print is no wider than a terminal of 60 columns.
func TestLinesFit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := recipe{link: 1, sessions: 12, payload: 50, dns: 2, format: "pcap", seed: 3}
	for _, name := range []string{"a_rather_long_name_of_a_capture_email1.pcap", "vpn_facebook_chat1.pcap", "vpn_sftp_A.pcap"} {
		write(t, dir, name, c.file())
		c.seed++
	}
	for _, args := range []string{
		"convert . --dry-run", "labels .", "convert . -o data", "split data --split 80/20", "inspect data", "verify data",
		"verify data --against .", "audit data", "presets", "session-captures sessions .", "export data --format npz",
	} {
		tt := openTerminal(t, 60)
		if code := tt.wait(t, tt.start(t, dir, nil, strings.Fields(args)...)); code != exitDone {
			t.Fatalf("%s: status %d\n%s", args, code, tt)
		}
		for line := range strings.SplitSeq(plainLines(tt.String()), "\n") {
			if n := columnsOf(line); n > 60 {
				t.Errorf("%s: %d columns: %q", args, n, line)
			}
		}
	}
}

// plainLines is what a terminal was sent, without what moves the cursor and colours.
func plainLines(text string) string {
	return regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`).ReplaceAllString(strings.ReplaceAll(text, "\r", "\n"), "")
}

// TestNarrowTerminal: a plan, the help and the statistics of a run are no wider than 40 columns, but for single words.
func TestNarrowTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := recipe{link: 1, sessions: 3, payload: 50, format: "pcap", seed: 1}
	write(t, dir, "email1.pcap", r.file())
	for _, args := range [][]string{
		{"plan", "email1.pcap", "-o", "plan.json", "--chunk", "64", "--parts", "3"}, {"plan", "-h"}, {"plan", "--help"}, {"convert", "email1.pcap", "-o", "data", "-q"},
	} {
		tt := openTerminal(t, 40)
		if code := tt.wait(t, tt.start(t, dir, nil, args...)); code != exitDone {
			t.Errorf("%q: status %d\n%s", args, code, tt)
		}
		for line := range strings.SplitSeq(tt.String(), "\n") {
			if n := columnsOf(line); n > 40 && len(strings.Fields(line)) > 1 || n > 60 {
				t.Errorf("%q: %d columns: %s", args, n, line)
			}
		}
	}
}
