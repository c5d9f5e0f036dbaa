package leak

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/store"
)

// Options are the choices of a search.
type Options struct {
	Names     bool   // search for host names, too
	Addresses bool   // let the report hold the addresses and names themselves
	Places    int    // how many places of each group to list; 0: none
	Variant   string // whose samples are judged; "" is the first, with the files of the dataset
	Secrets   int    // how many addresses and names to search for at most; 0: MaxSecrets
	// Open opens a capture, nil: capture.Open. Resync is called on what it gives if
	// the dataset was made so.
	Open func(path string) (*capture.Reader, error)
}

type (
	packet = capture.Packet
	stack  = header.Stack
)

// search is one search.
type search struct {
	dir    string
	d      *store.Dataset
	m      *manifest.Manifest
	o      Options
	layout layout
	drop   header.Drop
	with   header.Drop // kinds that take their session away
	breaks session.Breaks
	made   map[string]string // path by content digest
	index  *index
	found  groups
	report Report

	samplesName string // the file of the samples
	text        bool   // they are lines, and
	lines       int64  // so long are those that were read

	contexts   contexts
	histograms [verdicts][256]int64 // of the samples' bytes
	raw        []hit
	fields     []field
	have       []byte
	want       []byte
}

// Search searches the dataset in dir for the addresses and names of the captures
// at the given paths, which are files: each is read twice. The dataset should
// have been found whole before (verify.Verify). A capture that cannot be read is a
// problem in the report, unless none can be. Other errors: no dataset, settings
// that this program does not know, *TooManyError, ctx is done.
func Search(ctx context.Context, dir string, captures []string, o Options) (*Report, error) {
	d, err := store.OpenVariant(dir, o.Variant)
	if err != nil {
		return nil, err
	}
	s := &search{
		dir: d.Place(), d: d, m: d.Manifest(), o: o, made: map[string]string{},
		contexts: contexts{map[uint64]struct{}{}, map[int32]struct{}{}, map[[2]int]struct{}{}},
	}
	s.samplesName, s.text = d.SamplesFile(), d.Spec().Type == dataset.Text
	if err := s.settings(); err != nil {
		return nil, err
	}
	known, err := s.collect(ctx, captures)
	if err != nil {
		return nil, err
	}
	s.index = newIndex(known)
	for i := range s.index.secrets {
		if k := s.index.secrets[i].kind; k == Name {
			s.report.Names++
		} else {
			s.report.Addresses[k]++
		}
	}
	s.report.WellKnown, s.report.Short = len(known.plain), len(known.short)
	s.report.Tunnels, s.report.Unread = known.tunnels, known.unread
	s.found = groups{of: map[groupKey]*group{}, places: o.Places, addresses: o.Addresses, secrets: s.index.secrets}
	if err := s.samples(ctx); err != nil {
		return nil, err
	}
	if err := s.files(ctx); err != nil {
		return nil, err
	}
	s.report.Groups = s.found.list()
	return &s.report, nil
}

// settings takes what the samples were made with from the manifest.
func (s *search) settings() error {
	set := &s.m.Settings
	var errs []error
	for _, r := range settings.Recorded() {
		if name := r.Option.Name; slices.Contains(mask.Fields(), name) {
			errs = append(errs, s.layout.Set(name, set.Get(r.Key)))
		}
	}
	var err error
	s.drop, err = header.ParseDrop(set.Get("drop"))
	errs = append(errs, err)
	s.with, err = header.ParseDrop(set.Get("drop_session_with"))
	errs = append(errs, err)
	s.breaks.Restart, s.breaks.MaxPackets = set.On("tcp_restart"), uint64(set.Int("max_packets"))
	s.breaks.Of, err = session.ParseUnits(set.Get("unit"))
	errs = append(errs, err)
	for key, ns := range map[string]*int64{
		"idle_timeout": &s.breaks.Idle, "active_timeout": &s.breaks.Active, "slice": &s.breaks.Slice, "window": &s.breaks.Window,
	} {
		if text := set.Get(key); text != "" {
			d, err := time.ParseDuration(text)
			*ns = int64(d)
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s: settings that this program does not know: %w", s.path(manifest.Name), err)
	}
	return nil
}

func (s *search) path(name string) string { return filepath.Join(s.dir, name) }

func (s *search) open(path string) (*capture.Reader, error) {
	open := s.o.Open
	if open == nil {
		open = capture.Open
	}
	r, err := open(path)
	if err == nil && s.m.Settings.On("resync") {
		r.Resync()
	}
	return r, err
}

// collect reads every capture once, for its addresses and names and its digest.
func (s *search) collect(ctx context.Context, captures []string) (*secrets, error) {
	known := newSecrets(s.o.Names)
	most := s.o.Secrets
	if most == 0 {
		most = MaxSecrets
	}
	digests := map[string]bool{}
	for i := range s.m.Captures {
		digests[s.m.Captures[i].Digest] = true
	}
	for _, path := range captures {
		r, err := s.open(path)
		if err != nil {
			s.problem(err)
			continue
		}
		c := Capture{Path: path}
		r.TrackDigest()
		damage, err := packets(ctx, r, func(p *packet, h *stack) error {
			c.Packets++
			known.packet(p, h)
			if known.len() > most {
				return &TooManyError{path, most}
			}
			return nil
		})
		if err != nil {
			_ = r.Close() // the first error says more
			return nil, err
		}
		if damage != nil {
			s.problem(damage)
		}
		digest := r.Digest().String()
		c.Known = digests[digest]
		if _, again := s.made[digest]; c.Known && !again {
			s.made[digest] = path
		}
		s.report.Captures = append(s.report.Captures, c)
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	if len(s.report.Captures) == 0 {
		return nil, errors.Join(append([]error{errors.New("none of the captures could be read")}, s.report.Problems...)...)
	}
	return known, nil
}
