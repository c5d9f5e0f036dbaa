package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"text/template"
	"time"

	"github.com/pcapmill/pcapmill/dev/lab/record"
)

//go:embed captures.md.tmpl
var readmeText string

// row is a capture as the README's table shows it.
type row struct {
	Scenario
	*record.Summary
}

// Stored is the capture's format and compression.
func (r row) Stored() string {
	if r.Gzip {
		return string(r.Scenario.Format) + ", gzip"
	}
	return string(r.Scenario.Format)
}

// KiB is the size on disk.
func (r row) KiB() int64 { return (r.Size + 1023) >> 10 }

// Date is the day the capture claims to be from.
func (r row) Date() string { return r.First.UTC().Format(time.DateOnly) }

// Around lists the most telling background.
func (r row) Around() string {
	var b bytes.Buffer
	for _, kind := range []string{"DNS", "ARP", "DHCP", "mDNS", "SSDP", "NTP", "IGMP", "ICMPv6"} {
		if n := r.Kinds[kind]; n > 0 {
			fmt.Fprintf(&b, "%s %d, ", kind, n)
		}
	}
	fmt.Fprintf(&b, "bare ACK %d", r.Kinds["bare ACK"])
	return b.String()
}

// readme describes the captures of a run.
func readme(scenarios []Scenario, summaries map[string]*record.Summary, seed uint64, speed float64) []byte {
	data := struct {
		Rows    []row
		Seed    uint64
		Speed   float64
		Packets int
		Payload int
		KiB     int64
		Grain   float64 // of the times, in ms: Go's timers wake an idle process to the millisecond
	}{Seed: seed, Speed: speed, Grain: speed}
	for _, s := range scenarios {
		r := row{s, summaries[s.File]}
		data.Rows = append(data.Rows, r)
		data.Packets += r.Packets
		data.Payload += r.Payload
		data.KiB += r.KiB()
	}
	var b bytes.Buffer
	// The template is part of the program and its data is right above: failing is a programming error, which the test would find.
	if err := template.Must(template.New("").Parse(readmeText)).Execute(&b, data); err != nil {
		panic("lab: README template: " + err.Error())
	}
	return b.Bytes()
}
