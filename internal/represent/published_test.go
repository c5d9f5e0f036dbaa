package represent_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/twin"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// TestPublishedSessionFiles makes the images of session files that other people published
// (USTC-TK2016, layout "all"), of every session that is whole in the captures.
func TestPublishedSessionFiles(t *testing.T) {
	shared, _ := groundtruth.Require(t)
	dir := filepath.Join(shared, "captures")
	compared := images(t, filepath.Join(dir, "ustc/reference/Facetime.sessions.tsv"), func(_, _ string) string {
		return filepath.Join(dir, "ustc/genuine/Facetime.pcap")
	})
	for _, set := range []string{"ustc", "iscx"} {
		compared += images(t, filepath.Join(dir, set, "reference/first784.sessions.tsv"), func(class, link string) string {
			if class == "vpn_voip" { // of two link types, in a capture each
				class += map[string]string{"1": ".eth", "101": ".raw"}[link]
			}
			return filepath.Join(dir, set, "first784", class+".first784.pcap")
		})
	}
	t.Logf("%d images", compared)
	if compared < 10000 {
		t.Errorf("only %d images compared", compared)
	}
}

// images compares the sessions of a table that are whole, and returns how many there are.
func images(t *testing.T, table string, path func(class, link string) string) (compared int) {
	t.Helper()
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	names := strings.Split(lines[0], "\t")
	have := map[string]map[string]string{} // by path, by session
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range strings.Split(line, "\t") {
			row[names[i]] = v
		}
		if row["complete"] == "no" {
			continue
		}
		p := path(row["class"], row["linktype"])
		if have[p] == nil {
			have[p] = sessionFiles(t, p)
		}
		key := fmt.Sprintf("%s %s %s %s %s", strings.ToLower(row["proto"]), row["first_src"], row["first_sport"], row["first_dst"], row["first_dport"])
		if got := have[p][key]; got != row["all784_sha256_32"] {
			t.Fatalf("%s: %s: digest %q, published is %s", p, key, got, row["all784_sha256_32"])
		}
		compared++
	}
	return compared
}

// sessionFiles are the digests of the images of a capture's sessions.
func sessionFiles(t *testing.T, path string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	choice, err := represent.Parse("ustc-all")
	if err != nil {
		t.Fatal(err)
	}
	keep := mask.Policy{}
	form, err := choice.Bind(keep, sample.Shape{})
	if err != nil {
		t.Fatal(err)
	}
	masker := mask.New(keep, nil)
	states, names := map[string][]byte{}, map[string]string{}
	for _, r := range twin.Packets(raw).Records {
		h := twin.Decode(r.LinkType, r.Data, int(r.OrigLen))
		if h.Reason != "" {
			continue
		}
		var s header.Stack
		header.Decode(header.LinkType(r.LinkType), r.Data, r.OrigLen, &s)
		l := s.Layout(r.Time, true)
		p := represent.Packet{Layout: &l, Data: r.Data, Original: r.OrigLen, Link: header.LinkType(r.LinkType), Masker: masker}
		key := h.Key()
		if states[key] == nil {
			names[key] = fmt.Sprintf("%s %s %d %s %d", map[int]string{6: "tcp", 17: "udp"}[h.Protocol], h.Src, h.SrcPort, h.Dst, h.DstPort)
		}
		state := states[key]
		states[key] = form.Add(append(make([]byte, 0, len(state)+form.Grow(state, &p)), state...), &p)
	}
	digests := map[string]string{}
	for key, state := range states {
		image, _ := form.Render(nil, state, &represent.End{})
		sum := sha256.Sum256(image)
		digests[names[key]] = hex.EncodeToString(sum[:16])
	}
	return digests
}
