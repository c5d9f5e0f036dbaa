package mill_test

import (
	"bufio"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/session"
)

// TestSharedFlowTable labels the sessions of other people's captures by a table that another program, nDPI, made of them, and
// compares with a look-up in that table by text.
func TestSharedFlowTable(t *testing.T) {
	dir, _ := shared(t)
	f, err := os.Open(filepath.Join(dir, "labelled", "ndpi-flows.tsv"))
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	type flow struct{ proto, a, b, class string }
	byFile := map[string][]flow{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if c := strings.Split(lines.Text(), "\t"); len(c) == 6 && c[0] != "file" {
			byFile[c[0]] = append(byFile[c[0]], flow{strings.ToLower(c[1]), c[2], c[3], c[5]})
		}
	}
	o := flows.Options{Times: "unix"}
	if err := o.SetColumns("src_ip=a,src_port=ap,dst_ip=b,dst_port=bp,proto=l4,start=start,duration_s=took,label=category"); err != nil {
		t.Fatal(err)
	}
	found, conflicts, classes := 0, 0, map[string]bool{}
	for file, rows := range byFile {
		text, direct := "a,ap,b,bp,l4,start,took,category\n", map[string][]string{}
		for _, r := range rows {
			a, err1 := netip.ParseAddrPort(r.a)
			b, err2 := netip.ParseAddrPort(r.b)
			if errors.Join(err1, err2) != nil {
				continue // ICMP and the like
			}
			text += fmt.Sprintf("%s,%d,%s,%d,%s,0,4000000000,%s\n", a.Addr(), a.Port(), b.Addr(), b.Port(), r.proto, r.class)
			ends := []string{a.String(), b.String()}
			slices.Sort(ends)
			if key := fmt.Sprint(r.proto, ends); r.class != "" && (r.proto == "tcp" || r.proto == "udp") && !slices.Contains(direct[key], r.class) {
				direct[key] = append(direct[key], r.class)
			}
		}
		x, err := flows.New(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Read(strings.NewReader(text), file, o); err != nil {
			t.Fatal(err)
		}
		names := x.Classes()
		x.Resolve(func(c string) uint16 { return uint16(slices.Index(names, c)) })
		all := mill.Default()
		all.Drop = 0
		e, err := mill.Extract(t.Context(), filepath.Join(dir, filepath.FromSlash(file)), all)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		err = e.Each(func(i int, s *session.Session) error {
			low, high := s.Key.Endpoints()
			ends := []string{low.String(), high.String()}
			slices.Sort(ends)
			want := direct[fmt.Sprint(map[uint8]string{header.TCP: "tcp", header.UDP: "udp"}[s.Key.Proto()], ends)]
			id, _, ok, err := x.Label(low, high, s.Key.Proto(), s.Start, s.Last)
			switch {
			case ok != (len(want) > 0), (err != nil) != (len(want) > 1):
				t.Errorf("%s: session %d: found %t, %v; want %q", file, i, ok, err, want)
			case err != nil:
				conflicts++
			case ok:
				found++
				classes[names[id]] = true
				if names[id] != want[0] {
					t.Errorf("%s: session %d is %s, want %s", file, i, names[id], want[0])
				}
			}
			return nil
		})
		if err := errors.Join(err, e.Close()); err != nil {
			t.Error(err)
		}
	}
	if found < 1500 || len(classes) < 8 {
		t.Errorf("only %d sessions of %d classes", found, len(classes))
	}
	t.Logf("%d sessions of %d classes, %d conflicts", found, len(classes), conflicts)
}
