package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/pcapmill/pcapmill/mill"
)

// bars shows a run while it goes on: on a terminal a bar with bytes, rate and
// time left, and a line for each capture that is done; as JSON an event for
// each; else nothing. The bar reads the workers' counters when it is drawn.
type bars struct {
	c        *console
	bar      *mpb.Bar
	group    *mpb.Progress
	below    io.Writer // where messages went before the bar
	progress *mill.Progress
	total    int64 // bytes; 0: not known
	start    time.Time
	spent    func() time.Duration
}

func (c *console) progress(p *mill.Plan, progress *mill.Progress) *bars {
	b := &bars{c: c, progress: progress, total: p.Bytes(), start: time.Now()}
	b.spent = func() time.Duration { return time.Since(b.start) }
	for i := range p.Captures {
		if p.Captures[i].Stream {
			b.total = 0 // nobody knows how much will come
		}
	}
	if !c.moving() {
		return b
	}
	b.group = mpb.New(mpb.WithOutput(c.err), mpb.WithRefreshRate(200*time.Millisecond))
	b.bar = b.group.MustAdd(0, mpb.BarFillerFunc(b.fill), mpb.AppendDecorators(decor.Any(b.text)), mpb.BarRemoveOnComplete())
	b.below, c.err = c.err, b.group // messages go above the bar
	return b
}

// moving reports whether somebody looks at a terminal on which a line can change.
func (c *console) moving() bool {
	return c.json == nil && !c.quiet && isTerminal(c.err) && os.Getenv("TERM") != "dumb"
}

// counting shows a line on a terminal that changes while something goes on; stop removes
// it.
func (c *console) counting(text func() string) (stop func()) {
	if !c.moving() {
		return func() {}
	}
	group := mpb.New(mpb.WithOutput(c.err), mpb.WithRefreshRate(200*time.Millisecond))
	bar := group.MustAdd(0, nil, mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return text() })), mpb.BarRemoveOnComplete())
	return func() {
		bar.SetTotal(-1, true)
		group.Wait()
	}
}

// fill draws the bar itself.
func (b *bars) fill(w io.Writer, s decor.Statistics) error {
	const width = 20
	if b.total == 0 || s.AvailableWidth < width+3 {
		return nil
	}
	done := int(min(b.progress.Bytes.Load(), b.total) * width / b.total)
	_, err := fmt.Fprintf(w, "[%s%s] ", strings.Repeat("=", done), strings.Repeat(" ", width-done))
	return err
}

// text is bytes, packets, rate and time left.
func (b *bars) text(decor.Statistics) string {
	read, spent := b.progress.Bytes.Load(), b.spent()
	rate := float64(read) / max(spent.Seconds(), 1e-3)
	packets := thousands(b.progress.Packets.Load())
	if b.total == 0 {
		return fmt.Sprintf("%s, %s packets, %s/s", bytesText(read), packets, bytesText(int64(rate)))
	}
	left := "?"
	if rate > 0 {
		seconds := float64(max(0, b.total-read)) / rate
		left = time.Duration(min(seconds, 1e8) * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf("%s of %s, %s packets, %s/s, %s left", bytesText(read), bytesText(b.total), packets, bytesText(int64(rate)), left)
}

func (b *bars) done(i int, o *mill.Outcome) {
	switch {
	case b.c.json != nil:
		b.c.captureEvent(i, o)
	case b.group != nil:
		_, _ = fmt.Fprintln(b.group, doneLine(o, terminalWidth(b.below))) // above the bar; a lost line is no loss
	}
}

// doneLine says what became of a capture. Its name gives way to a terminal of that width.
func doneLine(o *mill.Outcome, width int) string {
	name, what := shown(o.Input.Path), ""
	switch {
	case o.Err != nil:
		what = "unreadable"
	case o.Known:
		what = "already in the dataset"
	case o.Damage != nil:
		what = fmt.Sprintf("%s, %s, damaged", plural(o.Capture.Packets, "packet"), plural(o.Capture.Samples, "sample"))
	default:
		what = fmt.Sprintf("%s, %s", plural(o.Capture.Packets, "packet"), plural(o.Capture.Samples, "sample"))
	}
	if width > 0 {
		name = shorten(name, max(leastName, width-len(": ")-columnsOf(what)))
	}
	return name + ": " + what
}

func (b *bars) close() {
	if b.group == nil {
		return
	}
	b.bar.SetTotal(-1, true)
	b.group.Wait()
	b.c.err = b.below
}
