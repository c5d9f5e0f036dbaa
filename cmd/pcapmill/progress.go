package main

import (
	"fmt"
	"io"
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
	progress *mill.Progress
	total    int64
	start    time.Time
}

func (c *console) progress(p *mill.Plan, progress *mill.Progress) *bars {
	b := &bars{c: c, progress: progress, total: p.Bytes(), start: time.Now()}
	if c.json != nil || !isTerminal(c.err) {
		return b
	}
	b.group = mpb.New(mpb.WithOutput(c.err), mpb.WithRefreshRate(200*time.Millisecond))
	b.bar = b.group.MustAdd(0, mpb.BarFillerFunc(b.fill), mpb.AppendDecorators(decor.Any(b.text)), mpb.BarRemoveOnComplete())
	return b
}

// fill draws the bar itself.
func (b *bars) fill(w io.Writer, _ decor.Statistics) error {
	const width = 30
	done := width
	if b.total > 0 {
		done = int(min(b.progress.Bytes.Load(), b.total) * width / b.total)
	}
	_, err := fmt.Fprintf(w, "[%s%s]", strings.Repeat("=", done), strings.Repeat(" ", width-done))
	return err
}

// text is bytes, packets, rate and time left.
func (b *bars) text(decor.Statistics) string {
	read, spent := b.progress.Bytes.Load(), time.Since(b.start)
	rate := float64(read) / spent.Seconds()
	left := "?"
	if rate > 0 && b.total >= read {
		left = time.Duration(float64(b.total-read) / rate * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf(" %s of %s, %s packets, %s/s, %s left", bytesText(read), bytesText(b.total),
		thousands(b.progress.Packets.Load()), bytesText(int64(rate)), left)
}

func (b *bars) done(i int, o *mill.Outcome) {
	switch {
	case b.c.json != nil:
		b.c.captureEvent(i, o)
	case b.group != nil:
		_, _ = fmt.Fprintln(b.group, doneLine(o)) // above the bar; a lost line is no loss
	}
}

func doneLine(o *mill.Outcome) string {
	name := shown(o.Input.Path)
	switch {
	case o.Err != nil:
		return name + ": unreadable"
	case o.Known:
		return name + ": already in the dataset"
	case o.Damage != nil:
		return fmt.Sprintf("%s: %s, damaged", name, plural(o.Capture.Samples, "sample"))
	default:
		return fmt.Sprintf("%s: %s, %s", name, plural(o.Capture.Packets, "packet"), plural(o.Capture.Samples, "sample"))
	}
}

func (b *bars) close() {
	if b.group == nil {
		return
	}
	b.bar.SetTotal(-1, true)
	b.group.Wait()
}
