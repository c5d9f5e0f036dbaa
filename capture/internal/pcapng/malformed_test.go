package pcapng_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestMalformed: every rule about what cannot be true, what is said of it, and
// that it is found at the block that breaks it, behind what stands before.
func TestMalformed(t *testing.T) {
	data := testcap.Packet{Data: []byte("12345678")}
	lengths := func(kind, length uint32) func(*testcap.NG) {
		return func(f *testcap.NG) {
			b := binary.LittleEndian.AppendUint32(nil, kind)
			f.Raw(append(binary.LittleEndian.AppendUint32(b, length), make([]byte, 24)...))
		}
	}
	block := func(kind uint32, words ...uint32) func(*testcap.NG) {
		return func(f *testcap.NG) {
			var b []byte
			for _, w := range words {
				b = binary.LittleEndian.AppendUint32(b, w)
			}
			f.Block(kind, b)
		}
	}
	section := func(length, magic uint32) func(*testcap.NG) {
		return func(f *testcap.NG) {
			b := binary.LittleEndian.AppendUint32([]byte{0x0a, 0x0d, 0x0d, 0x0a}, length)
			f.Raw(append(binary.LittleEndian.AppendUint32(b, magic), make([]byte, 16)...))
		}
	}
	for name, c := range map[string]struct {
		write   func(*testcap.NG)
		message string
	}{
		"length 0":               {lengths(6, 0), "block length 0, need a multiple of 4 of at least 12"},
		"length 8":               {lengths(0x0bad, 8), "block length 8, need a multiple of 4 of at least 12"},
		"length 14":              {lengths(1, 14), "block length 14, need a multiple of 4 of at least 12"},
		"length odd":             {lengths(6, 0xffffffff), "block length 4294967295, need a multiple of 4 of at least 12"},
		"section, no magic":      {section(28, 0x1a2b3c4e), "section header with byte-order magic 4e3c2b1a, need 1a2b3c4d in one order"},
		"section of 24":          {section(24, 0x1a2b3c4d), "section header of 24 bytes, need a multiple of 4 of at least 28"},
		"section of 30":          {section(30, 0x1a2b3c4d), "section header of 30 bytes, need a multiple of 4 of at least 28"},
		"interface of 4":         {block(1, 1), "interface description of 4 bytes, need 8"},
		"enhanced of 16":         {block(6, 0, 0, 0, 0), "enhanced packet block with a body of 16 bytes, need 20"},
		"obsolete of 16":         {block(2, 0, 0, 0, 0), "packet block with a body of 16 bytes, need 20"},
		"simple of 0":            {block(3), "simple packet block with a body of 0 bytes, need 4"},
		"enhanced, interface":    {func(f *testcap.NG) { f.Enhanced(1, data) }, "packet of interface 1, but the section has described 1"},
		"obsolete, interface":    {func(f *testcap.NG) { f.Obsolete(0xfffe, data) }, "packet of interface 65534, but the section has described 1"},
		"enhanced, next section": {func(f *testcap.NG) { f.Section(); f.Enhanced(0, data) }, "packet of interface 0, but the section has described 0"},
		"simple, next section":   {func(f *testcap.NG) { f.Section(); f.Simple(data) }, "packet of interface 0, but the section has described 0"},
		"enhanced does not fit":  {block(6, 0, 0, 0, 9, 9, 1, 2), "captured length 9, but the block has room for 8 bytes"},
		"obsolete does not fit":  {block(2, 0, 0, 0, 1, 1), "captured length 1, but the block has room for 0 bytes"},
		"simple does not fit":    {block(3, 5, 1), "captured length 5, but the block has room for 4 bytes"},
		"enhanced of 257 MiB":    {block(6, 0, 0, 0, 257<<20, 1, 1), "captured length 269484032 is above the limit of 268435456 bytes"},
		"obsolete of 4 GiB":      {block(2, 0, 0, 0, 0xffffffff, 1, 1), "captured length 4294967295 is above the limit of 268435456 bytes"},
	} {
		var f testcap.NG
		f.Section()
		f.Interface(testcap.Interface{LinkType: 1})
		f.Enhanced(0, data)
		at := len(f.Bytes())
		c.write(&f)
		_, packets, got, err := parse(t, f.Bytes())
		if len(name) > 12 && name[len(name)-12:] == "next section" {
			at += 28
		}
		if e := pcapng.FormatError(""); !errors.As(err, &e) || err.Error() != c.message || got != at || len(packets) != 1 {
			t.Errorf("%s: at %d after %d packets: %v\nwant at %d: %s", name, got, len(packets), err, at, c.message)
		}
	}
}

// TestTooManyInterfaces: the list of a section is bounded.
func TestTooManyInterfaces(t *testing.T) {
	var f testcap.NG
	f.Section()
	for range 1 << 16 {
		f.Interface(testcap.Interface{})
	}
	if p, _, _, err := parse(t, f.Bytes()); err != nil || len(p.Interfaces) != 1<<16 {
		t.Fatalf("%d interfaces, %v", len(p.Interfaces), err)
	}
	f.Interface(testcap.Interface{})
	if _, _, _, err := parse(t, f.Bytes()); err == nil || err.Error() != "more than 65536 interfaces in one section" {
		t.Errorf("one more: %v", err)
	}
}
