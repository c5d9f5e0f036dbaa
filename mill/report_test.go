package mill

import (
	"reflect"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
)

// TestReportKeepsEveryCount: what an Extraction counts comes back from its report. Whoever adds a counter adds it to Report and
// here, or to the list of what is not in one.
func TestReportKeepsEveryCount(t *testing.T) {
	elsewhere := map[string]bool{
		"shared":  true,                                                                    // of groups: made again by Assemble
		"Seconds": true, "list": true, "prepared": true, "reported": true, "release": true, // of one reading
		"Part":     true, // it becomes the proof
		"comments": true, // Divide refuses labels from comments
	}
	x := &Extraction{
		Format: capture.Format{Name: "pcap", Compression: "gzip"}, LinkTypes: []header.LinkType{1, 101}, Digest: capture.Digest{1, 2}, Size: 77,
		SHA256: "ab", Packets: 9, Unknown: map[header.LinkType]int64{147: 2}, First: -5, Last: 70,
		Damage: &capture.Damage{
			Path: "a.pcap", Packet: 3, Offset: 50, Kind: capture.ErrMalformed, Detail: "it is",
			Err: &capture.ExpansionError{Compression: "gzip", From: 1, To: 9000, Limit: 5},
		},
		Gaps:         []capture.Gap{{Offset: 1, Bytes: 2, Packet: 3, Detail: "four", More: 5}},
		startsDiffer: true, tunnels: true, snapped: 3, namesCut: 4,
	}
	x.Reasons[header.OK], x.Reasons[header.UnsupportedLink] = 7, 2
	p := &Plan{
		Captures: []Input{{Path: "a.pcap", Size: 77}}, Parts: 1,
		Chunks: []Chunk{{Chunk: capture.Chunk{To: 77}}},
	}
	r, err := x.Report(0)
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if r, err = p.DecodeReport(text); err != nil {
		t.Fatal(err)
	}
	back, _, fits, err := p.Join(0, []*Report{r})
	if err != nil || !fits {
		t.Fatalf("fits: %v, error %v", fits, err)
	}
	have, want := reflect.ValueOf(*back), reflect.ValueOf(*x)
	for i := range want.NumField() {
		name := want.Type().Field(i).Name
		switch {
		case elsewhere[name]:
		case want.Field(i).IsZero():
			t.Errorf("the test has no value for %s", name)
		case have.Field(i).IsZero():
			t.Errorf("%s does not survive the report", name)
		}
	}
	back.list, x.list = nil, nil
	if !reflect.DeepEqual(back, x) {
		t.Errorf("got  %+v\nwant %+v", back, x)
	}
}

// FuzzReport: a report is taken only as it is written.
func FuzzReport(f *testing.F) {
	p := &Plan{
		Captures: []Input{{Path: "a.pcap", Size: 5000}}, Parts: 1,
		Chunks: []Chunk{{Chunk: capture.Chunk{To: 3000}}, {Chunk: capture.Chunk{From: 3000, To: 5000}}},
	}
	for i, part := range []capture.Part{{Begin: 24, End: 3010, Leaves: [][16]byte{{1}}}, {Begin: 3010, End: 5000}} {
		x := &Extraction{Format: capture.Format{Name: "pcap"}, Part: &part, Packets: 2}
		x.Reasons[header.OK] = 2
		r, err := x.Report(i)
		if err != nil {
			f.Fatal(err)
		}
		text, err := r.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		if _, err := p.DecodeReport(text); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := p.DecodeReport(text)
		if err != nil {
			return
		}
		if again, err := r.Encode(); err != nil || string(again) != string(text) {
			t.Errorf("read %q, which is written %q (%v)", text, again, err)
		}
	})
}

// TestDivide: chunks cover every capture in order, each byte once, with sizes near what was asked for; what depends on all before
// it is one chunk.
func TestDivide(t *testing.T) {
	plain := Input{Path: "a", Size: 1000, Format: capture.Format{Name: "pcap"}}
	packed := plain
	packed.Format.Compression = "zstd"
	for length := int64(MinChunk); length < 1200; length += 7 {
		p := &Plan{Captures: []Input{plain, packed, plain}}
		if err := p.Divide(length, 3); err != nil {
			t.Fatal(err)
		}
		if err := p.checkChunks(); err != nil {
			t.Fatalf("chunks of %d: %v: %v", length, err, p.Chunks)
		}
		for _, c := range p.Chunks {
			if n := c.To - c.From; c.Input != 1 && n != 1000 && (2*n < length || 2*n > 3*length) {
				t.Errorf("chunks of %d: %v", length, p.Chunks)
			}
		}
		if from, to := p.ChunksOf(1); to-from != 1 {
			t.Errorf("a compressed capture in %d chunks", to-from)
		}
		p.Resync = true
		if err := p.checkChunks(); (err == nil) != (len(p.Chunks) == 3) {
			t.Errorf("chunks of %d with --resync: error %v", length, err)
		}
		if err := p.Divide(length, 3); err != nil || len(p.Chunks) != 3 {
			t.Errorf("%d chunks of three captures with --resync (%v)", len(p.Chunks), err)
		}
	}
	if err := (&Plan{Captures: []Input{{Path: "-", Stream: true}}}).Divide(1<<20, 1); err == nil {
		t.Error("a stream was divided")
	}
}
