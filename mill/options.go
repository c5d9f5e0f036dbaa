package mill

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// Unknown is what happens to captures, or sessions, that no class matches.
type Unknown uint8

// Choices for unknown captures.
const (
	KeepUnknown   Unknown = iota // label 255 (65535 beyond 255 classes), counted and shown
	SkipUnknown                  // left out
	RefuseUnknown                // the run does not start
)

var unknownNames = []string{"keep", "skip", "error"}

func (u Unknown) String() string { return unknownNames[u] }

// ParseUnknown reads "keep", "skip" or "error".
func ParseUnknown(text string) (Unknown, error) {
	for i, n := range unknownNames {
		if n == text {
			return Unknown(i), nil
		}
	}
	return 0, fmt.Errorf("no choice %q for unknown captures: have keep, skip, error", text)
}

// Options are the choices of a run; [Default] has those of the command line. All but the
// last group decide bytes of the dataset.
type Options struct {
	Mask    mask.Policy    // what happens to header fields
	Key     []byte         // for pseudonyms; nil: unkeyed, and none for hosts in the table
	Drop    header.Drop    // which packets are left out
	Shape   sample.Shape   // of a sample, in bytes; with a Form, zero or how its bytes are arranged
	Dedup   sample.Dedup   // which sessions are duplicates
	Labels  *label.Table   // classes; nil unless LabelFrom is FromName: see Prepare
	Unknown Unknown        // what happens to what has no class
	Breaks  session.Breaks // where sessions end early, and what their units are

	// Resync goes on behind records that cannot be true, where records seem to begin, see
	// capture.Reader.Resync. Each capture is then read by one worker.
	Resync bool
	// MaxExpansion is how many times larger than its file a compressed capture may become
	// before it counts as a bomb, see capture.Reader.MaxExpansion; 0 = no limit.
	MaxExpansion int

	// Form is what a unit becomes; zero: its first bytes, as many as Shape has.
	Form represent.Choice

	// Forge are fields that are rewritten before packets are masked: see package forge.
	// ForgeKey is its key; nil: forge.DefaultKey.
	Forge    forge.Fields
	ForgeKey []byte

	// Variants are further samples of every unit, in the same dataset. Then Variant is the
	// name of those that the options above say.
	Variant  string
	Variants []Variant

	// DropSessionWith are kinds of packets that take their whole session away: a packet of one is
	// kept whatever Drop says, and all units of its session are left out.
	DropSessionWith header.Drop

	// Group joins the sessions of captures: GroupByDir, GroupAll, or a pattern, see CheckGroup.
	// The packets of a group count in the order of their times, then of its captures, then of
	// their numbers. "": every capture has its own sessions.
	Group string

	LabelFrom LabelFrom
	Flows     *flows.Index // FromTable: the table; one run can use it
	Table     flows.Source // FromTable: what Flows was read from, and how

	TableConflict TableConflict // FromTable, FromComment: sessions of several classes

	// Units with fewer kept packets, fewer bytes contributed, or less time in nanoseconds from
	// their earliest to their latest packet are left out.
	MinPackets, MinBytes, MinSpan int64

	TableTimes TableTimes // what the table of samples says about times

	// InputSHA256 puts the SHA-256 of each capture's file into the manifest. What can be
	// read only once has none.
	InputSHA256 bool

	StdinName string // what a capture on standard input is called; "" = "stdin"

	// How the run computes. None of these changes a byte.
	Workers     int    // goroutines that read and add up; 0 = one a core
	Memory      int64  // bytes that a run may take, see MinMemory; 0 = half of the machine's
	Tmp         string // directory for what does not fit into memory; "" = the system's
	BlockLength int    // bytes in which captures are taken apart, a multiple of four of at least 64; 0 = capture.BlockLen

	joins  bool  // its form stands among those of variants: it is one also of first bytes
	serial bool  // read each capture in one loop
	budget int64 // of tables in bytes; 0 = as Memory says
	stores bool  // captures are read from stores

	divided int64 // least size of a compressed file that is divided; 0 = leastDivided
	parts   int   // units in a part of a round, of any capture; 0 = as many as perPart says
}

// Default returns the options of a command line without options: docs/spec.md.
func Default() Options {
	labels, err := label.Builtin(label.Builtins()[0])
	if err != nil {
		labels = nil // Check refuses it; the built-in tables are tested
	}
	return Options{
		Mask: mask.Default(), Drop: header.DropDefault, Shape: sample.Default(),
		Dedup: sample.DedupSample, Labels: labels, Unknown: KeepUnknown, MaxExpansion: capture.DefaultMaxExpansion,
	}
}

// Check reports options that are out of range or exclude each other.
func (o *Options) Check() error {
	switch {
	case (o.Form.String() == "" || o.Shape != sample.Shape{}) && (o.Shape.Rows < 1 || o.Shape.Cols < 1 || o.Shape.Rows > sample.MaxLength/o.Shape.Cols):
		return fmt.Errorf("shape %s: need 1 to %d bytes", o.Shape, sample.MaxLength)
	case o.LabelFrom == FromName && o.Labels == nil || o.Labels != nil && len(o.Labels.Classes) == 0:
		return errors.New("no class table")
	case (o.LabelFrom == FromTable) != (o.Flows != nil):
		return errors.New("labels from a table need the table, and labels from elsewhere must not have one")
	case o.bySession() && o.Labels != nil && o.Labels.Tasks != nil:
		return fmt.Errorf("class table %s has tasks, whose classes are decided by the names or directories of captures: --label-from %s needs a table of classes", o.Labels.Name, o.LabelFrom)
	case o.MinPackets < 0 || o.MinBytes < 0:
		return fmt.Errorf("at least %d packets and %d bytes a session: need 0 (no limit) or more", o.MinPackets, o.MinBytes)
	case o.Workers < 0:
		return fmt.Errorf("%d workers: need 0 (one a core) or more", o.Workers)
	case min(o.Breaks.Idle, o.Breaks.Active, o.Breaks.Slice, o.Breaks.Window, o.MinSpan) < 0:
		return errors.New("a time-out, slice, window or span is negative: need more than 0, or 0 for none")
	case o.Memory != 0 && o.Memory < MinMemory:
		return fmt.Errorf("%d bytes of memory: need %d (128 MiB) or more, or 0 for half of the machine's", o.Memory, MinMemory)
	case o.BlockLength != 0 && (o.BlockLength < 64 || o.BlockLength%4 != 0):
		return fmt.Errorf("blocks of %d bytes: need a multiple of 4 of at least 64, or 0", o.BlockLength)
	case o.MaxExpansion < 0:
		return errors.New("the limit of expansion is negative: need 0 (none) or more")
	case o.Key != nil && len(o.Key) == 0:
		return errors.New("the key is empty")
	}
	if err := o.Mask.Check(); err != nil {
		return err
	}
	if err := o.Mask.CheckKey(o.Key); err != nil {
		return err
	}
	if err := o.checkForm(); err != nil {
		return err
	}
	if err := o.checkGroup(); err != nil {
		return err
	}
	return o.checkVariants()
}

// forgeKey is the key of what is forged.
func (o *Options) forgeKey() []byte {
	if o.ForgeKey != nil {
		return o.ForgeKey
	}
	return forge.DefaultKey()
}

// forges reports whether any variant is forged.
func (o *Options) forges() bool {
	return o.Forge != 0 || slices.ContainsFunc(o.Variants, func(v Variant) bool { return v.Forge != 0 })
}

func (o *Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// labelType is the manifest's word for the type of the labels.
func (o *Options) labelType() string {
	if len(o.Labels.Classes) > label.MaxByteClasses {
		return manifest.LabelInt32
	}
	return ""
}

// Warnings lists what a careful user should know before the run.
func (o *Options) Warnings() []string {
	if o.Variants == nil {
		return o.warnings()
	}
	var w []string
	of := map[string][]string{} // variants by warning
	for _, one := range o.EachVariant() {
		for _, text := range one.warnings() {
			if of[text] == nil {
				w = append(w, text)
			}
			of[text] = append(of[text], one.Variant)
		}
	}
	for i, text := range w {
		if len(of[text]) <= len(o.Variants) {
			w[i] = "variant " + strings.Join(of[text], ", ") + ": " + text
		}
	}
	return w
}

func (o *Options) warnings() []string {
	var w []string
	if o.Mask.Pseudonyms() && o.Key == nil {
		w = append(w, "pseudonyms without a key can be reversed by trying every address; give --key-file to prevent that")
	}
	if o.Forge != 0 && o.ForgeKey == nil {
		w = append(w, "what is forged without a key can be undone by everyone; give --forge-key-file to prevent that")
	}
	if o.Forge == 0 && o.ForgeKey != nil && !o.joins && o.Variant == "" {
		w = append(w, "the key of --forge-key-file does nothing, because nothing is forged: --forge does that")
	}
	if !o.Mask.Pseudonyms() && o.Key != nil {
		w = append(w, "the key makes only the pseudonyms of hosts in the table of samples, because nothing in the samples is replaced by pseudonyms; --ip anonymize, --ip prefix or --mac anonymize does that")
	}
	if o.Mask.KeepsPrefixes() {
		w = append(w, "pseudonyms that keep prefixes give more away than others: anyone who knows some addresses of the network learns the prefixes of its neighbours; --ip anonymize does not")
	}
	if o.Mask.Content == mask.Packet && (o.Mask.MAC == mask.Keep || o.Mask.IP == mask.Keep) && o.Forge&forge.Addresses == 0 {
		w = append(w, "original addresses will stand in the samples, because keep was asked for")
	}
	return w
}
