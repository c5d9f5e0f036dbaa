package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/internal/userfile"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/store"
)

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -999: "-999", 1234567: "1,234,567"} {
		if have := thousands(n); have != want {
			t.Errorf("%d: %q, need %q", n, have, want)
		}
	}
	for v, want := range map[float64]string{0: "0.0", 1234.56: "1,234.6", 999.96: "1,000.0"} {
		if have := tenths(v); have != want {
			t.Errorf("%v: %q, need %q", v, have, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1<<20 - 1: "1.0 MiB", 5 << 30: "5.0 GiB", 1 << 60: "1048576.0 TiB"} {
		if have := bytesText(n); have != want {
			t.Errorf("%d: %q, need %q", n, have, want)
		}
	}
}

func TestFold(t *testing.T) {
	text := "the quick  brown fox jumps over averyveryverylongword indeed"
	lines := fold(text, 12)
	if have, want := strings.Join(lines, "|"), "the quick|brown fox|jumps over|averyveryverylongword|indeed"; have != want {
		t.Errorf("%q, need %q", have, want)
	}
	if have := fold("", 10); len(have) != 1 || have[0] != "" {
		t.Errorf("nothing: %q", have)
	}
}

func TestShown(t *testing.T) {
	for name, want := range map[string]string{
		"plain.pcap": "plain.pcap", "with space.pcap": "with space.pcap", "Grüße 聊天.pcap": "Grüße 聊天.pcap",
		"a\nb": `"a\nb"`, "\x1b[31m": `"\x1b[31m"`, "\xff": `"\xff"`, "a\u202eb": `"a\u202eb"`, "a\u200bb": `"a\u200bb"`,
	} {
		if have := shown(name); have != want {
			t.Errorf("%q: %s, need %s", name, have, want)
		}
	}
}

// TestComplain puts a name that would disturb a terminal into every error that
// can carry one.
func TestComplain(t *testing.T) {
	odd := oddName
	plan := &mill.Plan{Captures: []mill.Input{{Path: odd, Name: odd}}, Out: odd}
	for _, err := range []error{
		&fs.PathError{Op: "open", Path: odd, Err: fs.ErrNotExist},
		&capture.Damage{Path: odd, Packet: 3, Offset: 99, Kind: capture.ErrTruncated, Detail: "cut"},
		&capture.NotCaptureError{Path: odd, Begin: []byte("\x1b")},
		fmt.Errorf("deeper: %w", errors.Join(&fs.PathError{Op: "read", Path: odd, Err: fs.ErrPermission}, errors.New("more"))),
		nameCaptures(fmt.Errorf("%s: no class", odd), plan),
		errors.New("nobody knew: \x1b[31m\xff\u202e"),
	} {
		var w bytes.Buffer
		complain(&w, advised(err))
		for line := range strings.SplitSeq(strings.TrimRight(w.String(), "\n"), "\n") {
			if !strings.HasPrefix(line, "pcapmill: ") || strings.HasPrefix(line, "pcapmill: \x1b") {
				t.Errorf("%T: %q", err, line)
			}
			if strings.Contains(line, "pcapmill: pcapmill: done") || strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
				t.Errorf("%T: %q", err, line)
			}
		}
		if lines := strings.Count(w.String(), "\n"); lines > 3 {
			t.Errorf("%T: %d lines: %s", err, lines, &w)
		}
	}
}

// TestComplainIsBounded keeps an error about hundreds of captures readable.
func TestComplainIsBounded(t *testing.T) {
	e := &mill.LabelError{}
	for i := range 500 {
		e.Captures = append(e.Captures, fmt.Errorf("capture%d: no class matches", i))
	}
	var w bytes.Buffer
	complain(&w, advised(e))
	if n := strings.Count(w.String(), "\n"); n > 45 {
		t.Errorf("%d lines", n)
	}
	if !strings.Contains(w.String(), "and 460 lines more") || !strings.Contains(w.String(), "pcapmill: hint: ") {
		t.Errorf("%s", &w)
	}
}

// TestErrorsKnowTheirPaths: a path in an error, however deep, cannot pass for a line of its
// own, and is quoted as a whole.
func TestErrorsKnowTheirPaths(t *testing.T) {
	const path = "a\nb \x1b[2J"
	for what, err := range map[string]error{
		"system":      &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission},
		"link":        &os.LinkError{Op: "rename", Old: path, New: path, Err: fs.ErrPermission},
		"damage":      &capture.Damage{Path: path, Kind: capture.ErrTruncated},
		"not capture": &capture.NotCaptureError{Path: path},
		"labels":      &mill.LabelError{Captures: []error{&label.TieError{File: path, Tied: []label.Candidate{{}, {}}}}},
		"class table": &label.ParseError{Name: path, Msg: "wrong"},
		"idx":         &idx.Error{Path: path, Kind: idx.ErrTruncated},
		"locked":      &store.LockedError{Dir: path},
		"mismatch":    &dataset.MismatchError{File: path},
		"too many":    &dataset.LimitError{File: path},
		"foreign":     &export.ForeignError{Path: path, Reason: "wrong"},
		"damaged":     &export.DamagedError{Path: path, Reason: "wrong"},
		"settings":    &store.SettingsError{Dir: path, Lines: []string{"x"}},
		"size":        &userfile.SizeError{Path: path},
		"config":      &config.Error{From: path, Option: "ip", Reason: "wrong"},
		"named":       &named{fmt.Errorf("%s: wrong", path), []string{path}},
	} {
		for _, err := range []error{err, fmt.Errorf("x: %w", err), errors.Join(errors.New("first"), fmt.Errorf("x: %w", &status{exitFailed, err}))} {
			text := plainText(err)
			if strings.Contains(text, "a\nb") || strings.Contains(text, "\x1b") || !strings.Contains(text, shown(path)) && what != "labels" {
				t.Errorf("%s: %q", what, text)
			}
		}
	}
}
