package header_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// caseRecords are the packets of the captures in a folder of shared/cases.
func caseRecords(t *testing.T, folder string) map[string][]twin.Record {
	t.Helper()
	dir, err := groundtruth.Shared()
	if err != nil {
		t.Skip(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "cases", folder, "*.pcap"))
	if err != nil || len(paths) == 0 {
		t.Skipf("no captures in shared/cases/%s: %v", folder, err)
	}
	all := map[string][]twin.Record{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(path)] = twin.Packets(raw).Records
	}
	return all
}

// TestCaseTagsAndLinks: every packet behind these tags and link headers was left
// out once.
func TestCaseTagsAndLinks(t *testing.T) {
	for name, records := range caseRecords(t, "07-tags-and-links") {
		for i, r := range records {
			if s := check(t, r.LinkType, r.Data); header.DropDefault.Reason(&s) != header.OK {
				t.Errorf("%s: packet %d: %+v", name, i+1, s)
			}
		}
	}
}

// TestCaseSegmentationOffload: a snapped packet with a length field of zero was
// taken for one without payload.
func TestCaseSegmentationOffload(t *testing.T) {
	for name, records := range caseRecords(t, "06-tso-snaplen") {
		for i, r := range records {
			var s header.Stack
			header.Decode(header.LinkType(r.LinkType), r.Data, r.OrigLen, &s)
			if header.DropDefault.Reason(&s) != header.OK || s.PayloadLen != int(r.OrigLen)-54 {
				t.Errorf("%s: packet %d: %+v", name, i+1, s)
			}
		}
	}
}
