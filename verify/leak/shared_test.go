package leak_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/verify/leak"
)

// TestSharedCaptures: other people's captures, damaged ones and all link types among them, all in one dataset under several
// masks: every sample is placed, every masked field is as it should be, and no address or name stands outside of the samples.
func TestSharedCaptures(t *testing.T) {
	if testing.Short() {
		t.Skip("not with -short")
	}
	dir, rows := groundtruth.Require(t)
	var paths []string
	for _, r := range rows {
		paths = append(paths, filepath.Join(dir, "captures", filepath.FromSlash(r.Path)))
	}
	for _, policy := range full.Some([]mask.Policy{
		mask.Default(),
		{MAC: mask.Anonymize, IP: mask.Anonymize, Ports: mask.Zero, Checksums: mask.Zero},
		{MAC: mask.Zero, IP: mask.Remove, Ports: mask.Zero, Checksums: mask.Zero, UDPPad: true},
	}, 3) {
		t.Run(fmt.Sprint(policy.IP), func(t *testing.T) {
			o := mill.Default()
			o.Mask, o.Key, o.Drop = policy, key, header.DropNone
			out := convert(t, o, paths...)
			m, err := storetest.Load(out)
			if err != nil {
				t.Fatal(err)
			}
			r := search(t, out, leak.Options{Names: true, Places: 3}, paths...)
			if r.Samples.Placed != m.Samples || r.Samples.Placed < 1000 {
				t.Errorf("%d of %d samples placed", r.Samples.Placed, m.Samples)
			}
			for i := range r.Groups {
				if g := &r.Groups[i]; g.Verdict.Broken() {
					t.Errorf("%s: %+v", g.Verdict, *g)
				}
			}
			if policy.IP != mask.Remove && r.Samples.Fields[leak.IPv4] < 10_000 {
				t.Errorf("%d IPv4 addresses were looked at", r.Samples.Fields[leak.IPv4])
			}
		})
	}
}
