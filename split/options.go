package split

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
)

// Weights are the shares of the sides, indexed by dataset.Train, Validation and Test.
// A side of weight 0 does not exist.
type Weights [3]uint64

// maxWeight keeps the sum small enough for any share to be a sensible number.
const maxWeight = 1_000_000

// ParseWeights reads "80/10/10" (training, validation, test), "80/20" (training, test)
// or "100" (training only): whole numbers up to a million, of which the first is not 0.
func ParseWeights(text string) (w Weights, err error) {
	parts := strings.Split(text, "/")
	order := map[int][]dataset.Side{1: {dataset.Train}, 2: {dataset.Train, dataset.Test}, 3: {dataset.Train, dataset.Validation, dataset.Test}}[len(parts)]
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil || order == nil || n > maxWeight || i == 0 && n == 0 {
			return w, fmt.Errorf("shares %q: need training/validation/test like 80/10/10, or training/test like 80/20: whole numbers up to %d, training above 0", text, maxWeight)
		}
		w[order[i]] = n
	}
	return w, nil
}

// String is the three shares, like "80/10/10".
func (w Weights) String() string { return fmt.Sprintf("%d/%d/%d", w[0], w[1], w[2]) }

// By is what makes a group.
type By uint8

// Ways to group; see the package comment.
const (
	Capture By = iota
	Session
	Host
	Time
	None

	ways = iota // how many there are
)

var byNames = []string{"capture", "session", "host", "time", "none"}

func (b By) String() string { return byNames[b] }

// ParseBy reads capture, session, host, time or none.
func ParseBy(text string) (By, error) {
	if i := slices.Index(byNames, text); i >= 0 {
		return By(i), nil
	}
	return 0, fmt.Errorf("no grouping %q: have %s", text, strings.Join(byNames, ", "))
}

// Fallback is what happens to a class that cannot be split as asked.
type Fallback uint8

// Choices for such classes.
const (
	Refuse Fallback = iota
	UseTime
	UseSession
)

var fallbackNames = []string{"error", "time", "session"}

func (f Fallback) String() string { return fallbackNames[f] }

// by is the other way, if there is one.
func (f Fallback) by() (By, bool) {
	switch f {
	case UseTime:
		return Time, true
	case UseSession:
		return Session, true
	}
	return 0, false
}

// ParseFallback reads error, time or session.
func ParseFallback(text string) (Fallback, error) {
	if i := slices.Index(fallbackNames, text); i >= 0 {
		return Fallback(i), nil
	}
	return 0, fmt.Errorf("no fallback %q: have %s", text, strings.Join(fallbackNames, ", "))
}

// Method is how groups come to their sides.
type Method uint8

// Methods; see the package comment.
const (
	Quota Method = iota // dealt out within each class, so that the sides get their shares
	Hash                // each by its own hash, whatever the others do
)

var methodNames = []string{"quota", "hash"}

func (m Method) String() string { return methodNames[m] }

// ParseMethod reads quota or hash.
func ParseMethod(text string) (Method, error) {
	if i := slices.Index(methodNames, text); i >= 0 {
		return Method(i), nil
	}
	return 0, fmt.Errorf("no method %q: have %s", text, strings.Join(methodNames, ", "))
}

// DefaultSalt is the key of the hash where the user gives none. It is no secret: another
// one draws another split.
const DefaultSalt = "pcapmill"

// Options are the choices of a split. One of Weights, Folds and Given says into what.
type Options struct {
	Weights     Weights
	Folds       int    // 2 to MaxFolds: folds of equal share and no sides; 0: none
	Given       *Given // sides by capture; nil: they are computed
	Method      Method
	By          By
	Salt        string
	Fallback    Fallback
	MinPerClass int64 // 0: no least number
	MaxPerClass int64 // training samples; 0: no largest number
}

// Check tells what does not make sense.
func (o *Options) Check() error {
	if err := o.checkFolds(); err != nil {
		return err
	}
	switch {
	case o.Folds == 0 && o.Given == nil && o.Weights[dataset.Train] == 0:
		return errors.New("no share for training")
	case o.Salt == "" && o.Given == nil:
		return errors.New("the salt is empty")
	case o.MinPerClass < 0 || o.MaxPerClass < 0:
		return fmt.Errorf("at least %d and at most %d samples a class: need 0 (no limit) or more", o.MinPerClass, o.MaxPerClass)
	}
	return nil
}

// Settings are the options as a record has them, in the words of the command line.
type Settings struct {
	Split       string `json:"split"`                  // "" with folds, or sides from a file
	Folds       int    `json:"folds,omitempty"`        // how many
	From        string `json:"split_from,omitempty"`   // SHA-256 of the file that gave the sides
	Method      string `json:"split_method,omitempty"` // "" is hash: the only one that older records know
	By          string `json:"split_by"`
	Salt        string `json:"split_salt"`
	Fallback    string `json:"split_fallback"`
	MinPerClass int64  `json:"min_per_class,omitempty"`
	MaxPerClass int64  `json:"max_per_class,omitempty"`
}

// Settings returns the options as a record has them.
func (o *Options) Settings() Settings {
	if o.Given != nil { // no group is drawn
		return Settings{From: o.Given.Digest, By: Capture.String(), MinPerClass: o.MinPerClass, MaxPerClass: o.MaxPerClass}
	}
	s := Settings{
		Folds: o.Folds, By: o.By.String(), Salt: o.Salt, Fallback: o.Fallback.String(),
		MinPerClass: o.MinPerClass, MaxPerClass: o.MaxPerClass,
	}
	if o.Folds == 0 {
		s.Split = o.Weights.String()
	}
	if o.Method != Hash {
		s.Method = o.Method.String()
	}
	return s
}

// method is the name of the method.
func (s *Settings) method() string { return cmp.Or(s.Method, Hash.String()) }

// Options reads settings back.
func (s *Settings) Options() (o Options, err error) {
	if s.From != "" {
		o = Options{Given: &Given{Digest: s.From}, By: Capture, Method: Hash, Salt: DefaultSalt, MinPerClass: s.MinPerClass, MaxPerClass: s.MaxPerClass}
		if s.Split != "" || s.Folds != 0 || s.By != Capture.String() {
			return o, errors.New("sides from a file, and another way to split")
		}
		return o, o.Check()
	}
	var w Weights
	var err1 error
	if s.Folds == 0 || s.Split != "" {
		w, err1 = ParseWeights(s.Split)
	}
	by, err2 := ParseBy(s.By)
	fallback, err3 := ParseFallback(s.Fallback)
	method, err4 := ParseMethod(s.method())
	o = Options{Weights: w, Folds: s.Folds, Method: method, By: by, Salt: s.Salt, Fallback: fallback, MinPerClass: s.MinPerClass, MaxPerClass: s.MaxPerClass}
	return o, errors.Join(err1, err2, err3, err4, o.Check())
}

// Diff lists in plain words how the settings of a split differ from those asked for.
func Diff(have, want Settings) (lines []string) {
	line := func(name string, h, w any) {
		if h != w {
			lines = append(lines, fmt.Sprintf("--%s: the dataset is split with %v, this run asks for %v", name, h, w))
		}
	}
	line("split", cmp.Or(have.Split, "none"), cmp.Or(want.Split, "none"))
	line("folds", have.Folds, want.Folds)
	line("split-from", cmp.Or(have.From, "none"), cmp.Or(want.From, "none"))
	if have.From != "" || want.From != "" {
		return lines
	}
	line("split-method", have.method(), want.method())
	line("split-by", have.By, want.By)
	line("split-salt", have.Salt, want.Salt)
	line("split-fallback", have.Fallback, want.Fallback)
	line("min-per-class", have.MinPerClass, want.MinPerClass)
	line("max-per-class", have.MaxPerClass, want.MaxPerClass)
	return lines
}

// CheckUnits refuses, where a session can give several samples, a split that does not keep
// them together: what they have in common would be learned in training.
func (o *Options) CheckUnits(several bool) error {
	option := ""
	switch {
	case !several:
		return nil
	case o.By == Time || o.By == None:
		option = "--split-by " + o.By.String()
	case o.Fallback == UseTime:
		option = "--split-fallback time"
	default:
		return nil
	}
	return fmt.Errorf("%s: a session can give several samples here (--unit and limits), and they would come to both sides; split by session, capture or host", option)
}

// CheckTimes refuses a split that needs to know when sessions of different captures began,
// which a table of samples says only with --table-times keep. tableTimes is its value;
// "" is keep.
func (o *Options) CheckTimes(tableTimes string) error {
	option := ""
	switch {
	case tableTimes == "" || tableTimes == "keep":
		return nil
	case o.By == Time:
		option = "--split-by time"
	case o.Fallback == UseTime:
		option = "--split-fallback time"
	default:
		return nil
	}
	return fmt.Errorf("%s: with --table-times %s the table of samples does not say when sessions began; split another way, or make the dataset with --table-times keep", option, tableTimes)
}

// Ahead is what is known of a class before its captures are read.
type Ahead struct {
	Name     string
	Captures int64 // at most
}

// CheckAhead refuses, with an *[UnsplitError], what cannot be done with so few captures.
// Where another way is allowed, or classes may be left out, nothing can be said ahead.
func (o *Options) CheckAhead(classes []Ahead) error {
	if o.Given != nil || o.By != Capture || o.Fallback != Refuse || o.MinPerClass > 0 {
		return nil
	}
	n := len(o.parts())
	e := &UnsplitError{Settings: o.Settings()}
	for _, c := range classes {
		if c.Captures < int64(n) {
			e.Classes = append(e.Classes, Class{Name: c.Name, Instead: fmt.Sprintf("%s, too few for %d %s", plural(c.Captures, "capture"), n, o.parted())})
		}
	}
	if e.Classes == nil {
		return nil
	}
	return e
}
