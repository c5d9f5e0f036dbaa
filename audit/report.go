package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/internal/parallel"
	"github.com/pcapmill/pcapmill/internal/plainjson"
)

// Report is what an audit finds: the object of --json. Numbers are rounded to 6 digits.
type Report struct {
	Format     string          `json:"format"`
	Version    int             `json:"version"`
	Data       Source          `json:"data"`
	Verdict    string          `json:"verdict"` // the highest severity of a finding, else "clean"
	Findings   []Finding       `json:"findings"`
	Positions  []PositionScore `json:"positions"`
	Length     LengthScore     `json:"length"`
	Probes     []Probe         `json:"probes"`
	Duplicates Duplicates      `json:"duplicates"`
}

// Source says what was audited, and how.
type Source struct {
	Samples    int      `json:"samples"`
	Unlabelled int      `json:"unlabelled"`
	Rows       int      `json:"rows"`
	Cols       int      `json:"cols"`
	Classes    []Class  `json:"classes"`
	Evaluation string   `json:"evaluation"`
	Train      int      `json:"train"` // rows; grouped all
	Test       int      `json:"test"`
	Layout     string   `json:"layout"`     // pcap, packets, payload or unknown; the name of a form other than bytes
	Walked     float64  `json:"walked"`     // share of rows whose walk ended well
	NotJudged  []string `json:"not_judged"` // kinds that this input does not allow to judge
	Notes      []string `json:"notes"`
}

// Class is a class that occurs.
type Class struct {
	Label   uint16 `json:"label"`
	Name    string `json:"name"`
	Samples int    `json:"samples"`
}

// PositionScore is what one cell of all samples, mostly a byte, tells of the class.
type PositionScore struct {
	Position int               `json:"position"`
	Field    string            `json:"field"`
	Fields   map[string]string `json:"fields"`  // by class: the most frequent field
	Entropy  float64           `json:"entropy"` // bits
	MI       float64           `json:"mi"`      // bits
	AMI      float64           `json:"ami"`
	Accuracy float64           `json:"accuracy"`
	Balanced float64           `json:"balanced_accuracy"`
	Kappa    float64           `json:"kappa"`
}

// LengthScore is what the length of a sample tells of the class.
type LengthScore struct {
	Accuracy float64 `json:"accuracy"`
	Balanced float64 `json:"balanced_accuracy"`
	Kappa    float64 `json:"kappa"`
}

// Severities of a finding, and the verdict without one.
const (
	Critical = "critical"
	Warning  = "warning"
	Clean    = "clean"
)

// Finding is something that solves the dataset, or makes its scores worth less than they seem.
type Finding struct {
	Severity  string   `json:"severity"`
	Kind      string   `json:"kind"`
	Score     float64  `json:"score"`
	Text      string   `json:"text"`
	Remedy    string   `json:"remedy"`
	Position  *int     `json:"position,omitempty"`
	Field     string   `json:"field,omitempty"`
	Positions int      `json:"positions,omitempty"` // of the field that are over the threshold
	Classes   []string `json:"classes,omitempty"`
}

// Encode writes the report as JSON, in which nothing can disturb a terminal.
func (r *Report) Encode(w io.Writer) error {
	e := json.NewEncoder(plainjson.Writer{W: w})
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Options say how to audit.
type Options struct {
	Evaluate string // auto (which "" means), split, grouped or even-odd
	Workers  int    // goroutines; 0: one a core. They change no byte of the report.
}

// auditor holds what the steps of an audit have in common.
type auditor struct {
	d       *Data
	e       *evaluation
	workers int
	rules   rules
	fields  *walked
	field   []byte // columns of the tree before, to be used again
}

// Run audits the data. Errors: an *EvaluationError, those of reading, that of ctx.
func Run(ctx context.Context, d *Data, o Options) (*Report, error) {
	a := &auditor{d: d, workers: parallel.Workers(o.Workers)}
	d.workers, d.bins, d.codes = a.workers, nil, nil
	var err error
	if a.e, err = d.evaluate(o.Evaluate); err != nil {
		return nil, err
	}
	seen, err := a.look(ctx)
	if err != nil {
		return nil, err
	}
	duplicates := a.duplicates(seen.digests)
	seen.digests = nil
	if a.rules, err = a.sniff(ctx); err != nil {
		return nil, err
	}
	if a.fields, err = a.walkAll(ctx); err != nil {
		return nil, err
	}
	if err := a.bin(ctx); err != nil {
		return nil, err
	}
	positions, oneByte, err := a.positions(ctx)
	if err != nil {
		return nil, err
	}
	length := a.length()
	probes, err := a.probes(ctx, oneByte, length)
	if err != nil {
		return nil, err
	}
	r := &Report{Format: "pcapmill audit", Version: 1, Data: a.data(), Probes: probes, Duplicates: duplicates}
	s := length.scores()
	r.Length = LengthScore{s.accuracy, s.balanced, s.kappa}
	for p := range positions {
		r.Positions = append(r.Positions, a.positionScore(p, &positions[p]))
	}
	f := &finder{auditor: a, report: r, positions: positions, magic: seen.magic}
	f.find()
	return r, nil
}

func (a *auditor) data() Source {
	d := a.d
	out := Source{
		Samples: d.total, Unlabelled: d.unlabelled, Rows: d.spec.Rows, Cols: d.spec.Cols, Evaluation: a.e.name,
		Layout: a.rules.name(), Walked: round6(float64(a.fields.well) / float64(d.rows())),
		NotJudged: []string{}, Notes: a.notes(),
	}
	for _, c := range d.classes {
		out.Classes = append(out.Classes, Class{c.label, c.name, c.rows})
	}
	out.Train, out.Test = a.e.sizes()
	return out
}

// notes are sentences about rows that were left out of costly scores.
func (a *auditor) notes() []string {
	out := []string{}
	train, known, asked := 0, 0, 0
	for _, f := range a.e.folds {
		train = max(train, len(f.train))
		known = max(known, len(f.train))
		asked = max(asked, len(f.test))
	}
	if train > mostTrained {
		out = append(out, fmt.Sprintf("Trees are grown from %d of %d training rows, evenly spaced.", mostTrained, train))
	}
	if known > mostKnown || asked > mostAsked {
		out = append(out, fmt.Sprintf("k-NN compares %d of %d test rows with %d of %d training rows, evenly spaced.",
			min(asked, mostAsked), asked, min(known, mostKnown), known))
	}
	if b := a.d.bins; b != nil && b.of > b.from {
		out = append(out, fmt.Sprintf("The bins of cells are made from %d of %d training rows, evenly spaced.", b.from, b.of))
	}
	if n := a.d.rows(); n > mostAdjusted {
		out = append(out, fmt.Sprintf("AMI is computed over %d of %d rows, evenly spaced.", mostAdjusted, n))
	}
	return out
}

func (a *auditor) positionScore(p int, s *position) PositionScore {
	out := PositionScore{
		Position: p, Field: a.fields.names[p], Fields: map[string]string{},
		Entropy: s.entropy, MI: s.mi, AMI: s.ami, Accuracy: s.accuracy, Balanced: s.balanced, Kappa: s.kappa,
	}
	for c := range a.d.classes {
		out.Fields[a.d.classes[c].name] = a.fields.of(p, c)
	}
	return out
}
