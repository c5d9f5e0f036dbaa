package mill_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	product "github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// TestHosts: a row has the pseudonym of the sender of its session's first packet, whichever end that is, under the key only;
// a split by host keeps what a host sends on one side, in all captures; by time, what is later does not train.
func TestHosts(t *testing.T) {
	dir := t.TempDir()
	from := func(at int64, host byte, port uint16) testcap.Packet {
		return testcap.Packet{Time: at * 1e9, LinkType: testcap.Raw, Data: testcap.Build(
			testcap.IPv4{Src: addr(host), Dst: addr(100)}, testcap.UDP{SrcPort: port, DstPort: 9}, testcap.Payload{host, byte(port), byte(at)})}
	}
	var files []file
	for c := range byte(3) {
		var packets []testcap.Packet
		for i := range byte(40) {
			packets = append(packets, from(int64(c)*1000+int64(i), 81+i, uint16(1+i%7))) // below and above the other end
		}
		files = append(files, file{name: string('a'+rune(c)) + "_class0", raw: testcap.Pcap{LinkType: testcap.Raw}.File(packets...)})
	}
	paths := write(t, dir, files)
	c := defaultChoice()
	c.key = []byte("a secret of the project")
	out := filepath.Join(dir, "out")
	r := convert(t, paths, out, c.options())
	if r.Manifest.Settings.Get("key") == "" {
		t.Error("the manifest has no id of the key")
	}
	read := func(out string) (all []product.Row) {
		table, err := rows.NewReader(out, r.Manifest.Samples)
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		for range r.Manifest.Samples {
			var row product.Row
			if err := table.Next(&row); err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
		return all
	}
	pseudonym := func(a netip.Addr) [8]byte {
		h := hmac.New(sha256.New, c.key)
		h.Write([]byte("pcapmill host\x00" + a.String()))
		return [8]byte(h.Sum(nil))
	}
	table := read(out)
	if len(table) != 120 {
		t.Fatalf("%d samples", len(table))
	}
	for _, row := range table {
		if want := pseudonym(addr(81 + byte(row.Session))); row.Host != want {
			t.Errorf("session %d: host %x, want %x", row.Session, row.Host, want)
		}
	}
	s, err := store.Divide(context.Background(), out, split.Options{Weights: split.Weights{2, 1, 1}, By: split.Host, Salt: "x"}, false)
	if err != nil {
		t.Fatal(err)
	}
	sides := map[[8]byte]byte{}
	for i, row := range table {
		if side, ok := sides[row.Host]; ok && side != s.Record.Assignment[i] {
			t.Errorf("sample %d: its host is on sides %c and %c", i, side, s.Record.Assignment[i])
		}
		sides[row.Host] = s.Record.Assignment[i]
	}
	if p := s.Record.Proof; p.Groups[0].Sides.Total() != 40 || p.Hosts != 0 || p.Captures != 3 {
		t.Errorf("%+v", p)
	}
	if _, err := verify.Verify(out); err != nil {
		t.Error(err)
	}
	s, err = store.Divide(context.Background(), out, split.Options{Weights: split.Weights{2, 0, 1}, By: split.Time, Salt: "x"}, false)
	if want := strings.Repeat("0", 80) + strings.Repeat("2", 40); err != nil || s.Record.Assignment != want || s.Record.Classes[0].Cuts[0] != 2000*1e9 {
		t.Errorf("by time: %v, %+v", err, s.Record)
	}
	if _, err := verify.Verify(out); err != nil {
		t.Error(err)
	}

	// Another key is another dataset; no key makes no pseudonyms.
	c.key = []byte("another one, of as many bytes")
	p, err := mill.Prepare(paths, out, c.options())
	if err != nil {
		t.Fatal(err)
	}
	var settings *store.SettingsError
	if _, err := mill.Run(t.Context(), p, mill.Events{}, nil); !errors.As(err, &settings) || !strings.Contains(err.Error(), "--key-file") {
		t.Errorf("another key: error %v", err)
	}
	c.key = nil
	none := filepath.Join(dir, "none")
	convert(t, paths, none, c.options())
	for _, row := range read(none) {
		if row.Host != [8]byte{} {
			t.Fatalf("host %x without a key", row.Host)
		}
	}
}
