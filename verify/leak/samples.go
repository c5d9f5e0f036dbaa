package leak

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"sort"

	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/store"
)

// misses is after how many samples that their capture does not give the others of
// that capture are not tried: each costs a look at all its sessions.
const misses = 16

// samples judges every sample of the dataset.
func (s *search) samples(ctx context.Context) error {
	images, err := s.d.Samples()
	if err != nil {
		return err
	}
	defer images.Close()
	s.report.Samples.Why = s.unjudged()
	s.report.Files = append(s.report.Files, s.samplesFile(images))
	for i := range s.m.Captures {
		c := &s.m.Captures[i]
		if err := ctx.Err(); err != nil {
			return err
		}
		var sessions []replayed
		path, named := s.made[c.Digest]
		switch {
		case c.Samples == 0:
			continue
		case s.report.Samples.Why != "":
			named = false
		case named:
			if sessions, err = s.replay(ctx, path); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		default:
			s.report.Samples.Missing = append(s.report.Samples.Missing, c.Name)
		}
		if err := s.capture(ctx, c, images, sessions, named); err != nil {
			return err
		}
	}
	for _, v := range []Verdict{Payload, Header, Unplaced} {
		s.found.chance(v, s.samplesName, &s.histograms[v])
	}
	s.found.chance(Inner, s.samplesName, &s.histograms[Payload])
	if s.layout.KeepsPrefixes() || s.layout.Content == mask.Packet && s.layout.IP == mask.Anonymize {
		s.found.chanceOfPseudonyms(s.report.Samples.Fields[IPv4], s.report.Addresses[IPv4])
	}
	return nil
}

// unjudged says why samples cannot be laid beside their units; "" if they can. A form shows
// a unit's packets at places of its own: of such samples nothing is said but what is found
// in them.
func (s *search) unjudged() string {
	if f := s.m.Form; f != nil && f.Name != "bytes" {
		return "samples of the form " + f.Name
	}
	if s.m.Settings.Get("session_scope") == "group" {
		return "samples of sessions across captures"
	}
	if s.m.Settings.Get("forge") != "none" {
		return "samples that were forged"
	}
	return ""
}

// samplesFile is the file of the samples. Of text its size is that of all lines.
func (s *search) samplesFile(images *store.Samples) File {
	if !s.text {
		return File{Name: s.samplesName, Bytes: images.Offset(s.m.Samples)}
	}
	out := File{Name: s.samplesName}
	for _, f := range s.m.Files {
		if f.Name == s.samplesName {
			out.Bytes = f.Size
		}
	}
	return out
}

func (s *search) replay(ctx context.Context, path string) ([]replayed, error) {
	r, err := s.open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x := &replay{layout: s.layout, drop: s.drop, with: s.with, length: int(s.m.Settings.Int("length")), breaks: s.breaks, ids: map[session.FiveTuple]course{}}
	_, err = packets(ctx, r, func(p *packet, h *stack) error { x.packet(p, h); return nil })
	return x.sessions, err
}

// capture judges the samples of one capture. They are some of its sessions, in
// their order; the others are duplicates or empty.
func (s *search) capture(ctx context.Context, c *manifest.Capture, images *store.Samples, sessions []replayed, named bool) error {
	next, missed := 0, 0
	from := s.lines
	defer func() { s.lines = from }()
	for i := range c.Samples {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		sample, err := images.Next()
		if err != nil {
			return err
		}
		place := Place{Sample: c.FirstSample + i, Capture: c.Name, Class: c.Class}
		if s.text {
			place.Offset, from = from, from+int64(len(sample))+1 // and the line end
		} else {
			place.Offset = images.Offset(place.Sample)
		}
		if !named {
			s.report.Samples.Unplaced++
			s.hits(sample, nil, place)
			continue
		}
		var of *replayed
		if missed < misses {
			for at := next; at < len(sessions); at++ {
				if len(sessions[at].bytes) > 0 && s.gives(&sessions[at], sample) {
					of, next = &sessions[at], at+1
					break
				}
			}
		}
		if of == nil {
			missed++
			s.report.Samples.Strange++
			s.found.note(Strange, s.samplesName, Sample, Bytes, -1, place)
		} else {
			s.report.Samples.Placed++
			s.judge(of, sample, place)
		}
		s.hits(sample, of, place)
	}
	return nil
}

// gives reports whether a session is the one of a sample: equal but for the
// fields that the mask changes.
func (s *search) gives(of *replayed, sample []byte) bool {
	s.have = append(s.have[:0], sample...)
	s.want = append(s.want[:0], of.bytes...)
	for len(s.want) < len(s.have) {
		s.want = append(s.want, 0)
	}
	for i := range of.segments {
		s.fields = s.layout.fields(s.fields[:0], &of.segments[i])
		for _, f := range s.fields {
			if f.action != mask.Keep && f.at < len(sample) {
				f.clear(s.have)
				f.clear(s.want)
			}
		}
	}
	return bytes.Equal(s.have, s.want)
}

// judge holds every header field of a sample against its mask.
func (s *search) judge(of *replayed, sample []byte, place Place) {
	for i := range of.segments {
		s.fields = s.layout.fields(s.fields[:0], &of.segments[i])
		for _, f := range s.fields {
			if f.action == mask.Keep || f.at >= len(sample) {
				continue
			}
			whole := f.at+f.length <= len(sample)
			have := sample[f.at:min(f.at+f.length, len(sample))]
			bad, can := f.broken(have, of.bytes[f.at:f.at+len(have)])
			if !can {
				continue
			}
			s.report.Samples.Fields[f.kind]++
			if bad {
				s.report.Samples.Bad[f.kind]++
				place.Byte = f.at
				if s.o.Addresses && f.kind <= MAC && whole {
					original := secret{kind: f.kind}
					copy(original.bytes[:], of.bytes[f.at:f.at+f.length])
					place.Secret = original.String()
				}
				s.found.note(Field, s.samplesName, f.kind, Bytes, -1, s.inFile(place))
			}
		}
	}
}

func zeros(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// inFile puts the offset of the place's byte in place of its sample's.
func (s *search) inFile(p Place) Place {
	p.Offset += int64(p.Byte)
	return p
}

// hits looks for addresses and names in a sample; of is the session that it was
// made from, nil if that is not known.
func (s *search) hits(sample []byte, of *replayed, place Place) {
	// Behind the session there are zeros, some of which an address can end with.
	end := min(len(sample), len(bytes.TrimRight(sample, "\x00"))+16)
	s.count(sample[:end], of)
	s.raw = s.raw[:0]
	s.index.scan(sample[:end], func(id, at, n int) { s.raw = append(s.raw, hit{id, at, n}) })
	slices.SortFunc(s.raw, hit.compare)
	for _, h := range s.raw {
		t := s.index.of[h.id]
		verdict := Unplaced
		if of != nil {
			verdict = s.verdict(of, sample, t, h)
		}
		if verdict == judged {
			continue
		}
		place.Byte = h.at
		s.found.note(verdict, s.samplesName, s.index.secrets[t.secret].kind, t.form, t.secret, s.inFile(place))
		if t.form != Plain {
			s.contexts.add(sample, h, t.secret)
		}
	}
}

// judged stands for a find that judge has noted already.
const judged = verdicts

// count adds to the frequencies of bytes in payloads and headers.
func (s *search) count(sample []byte, of *replayed) {
	add := func(v Verdict, from, to int) {
		for _, c := range sample[min(from, len(sample)):min(to, len(sample))] {
			s.histograms[v][c]++
		}
	}
	if of == nil {
		add(Unplaced, 0, len(sample))
		return
	}
	for i := range of.segments {
		g, end := &of.segments[i], len(of.bytes)
		if i+1 < len(of.segments) {
			end = int(of.segments[i+1].at)
		}
		payload := min(s.layout.to(g, g.payload), end)
		add(Header, int(g.at), payload)
		add(Payload, payload, end)
	}
}

// verdict says what an occurrence in a sample of a known session means.
func (s *search) verdict(of *replayed, sample []byte, t target, h hit) Verdict {
	at := sort.Search(len(of.segments), func(i int) bool { return int(of.segments[i].at) > h.at }) - 1
	if at < 0 {
		return Header
	}
	g, end := &of.segments[at], len(of.bytes)
	if at+1 < len(of.segments) {
		end = int(of.segments[at+1].at)
	}
	if h.at >= s.layout.to(g, g.payload) && h.at+h.length <= end {
		if secret := &s.index.secrets[t.secret]; secret.inner && (t.form == Bytes || t.form == Plain) {
			return Inner
		}
		return Payload
	}
	kind := s.index.secrets[t.secret].kind
	for _, f := range s.layout.fields(s.fields[:0], g) {
		if f.action == mask.Keep && h.at >= f.at && h.at+h.length <= f.at+f.length {
			return Kept // IPv6 addresses with an IPv4 address in them, too
		}
		if f.at != h.at || f.kind != kind || t.form != Bytes && t.form != Plain {
			continue
		}
		switch {
		case f.action == mask.Zero || bytes.Equal(sample[h.at:h.at+h.length], of.bytes[h.at:h.at+h.length]):
			return judged
		case kind != IPv4:
			return Field // no pseudonym of 6 or 16 bytes is another address by chance
		}
		return Pseudonym
	}
	return Header
}

// hit is one occurrence of a needle.
type hit struct{ id, at, length int }

func (h hit) compare(o hit) int {
	if h.at != o.at {
		return h.at - o.at
	}
	return h.id - o.id
}

// margin is how many bytes at each side of a find are compared to recognise
// it in another file.
const margin = 8

// maxContexts bounds their memory.
const maxContexts = 1 << 21

// contexts are the finds in samples together with the bytes around them.
type contexts struct {
	known  map[uint64]struct{}
	found  map[int32]struct{}  // secrets
	shapes map[[2]int]struct{} // bytes before and behind that were there
}

func (c *contexts) add(sample []byte, h hit, secret int32) {
	c.found[secret] = struct{}{}
	before, behind := min(margin, h.at), min(margin, len(sample)-h.at-h.length)
	if len(c.known) < maxContexts {
		c.known[contextOf(sample, h, before, behind)] = struct{}{}
		c.shapes[[2]int{before, behind}] = struct{}{}
	}
}

// secret reports whether a sample has it anywhere.
func (c *contexts) secret(id int32) bool {
	_, ok := c.found[id]
	return ok
}

// has reports whether an occurrence in other data stands among the same bytes as
// one in a sample. What is near a sample's edge has less around it.
func (c *contexts) has(data []byte, h hit) bool {
	for shape := range c.shapes {
		if before, behind := shape[0], shape[1]; h.at >= before && h.at+h.length+behind <= len(data) {
			if _, ok := c.known[contextOf(data, h, before, behind)]; ok {
				return true
			}
		}
	}
	return false
}

func contextOf(data []byte, h hit, before, behind int) uint64 {
	f := fnv.New64a()
	var head [10]byte
	binary.LittleEndian.PutUint64(head[:], uint64(h.id))
	head[8], head[9] = byte(before), byte(behind)
	_, _ = f.Write(head[:]) // a hash never fails
	_, _ = f.Write(data[h.at-before : h.at+h.length+behind])
	return f.Sum64()
}
