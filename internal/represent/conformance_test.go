package represent_test

import (
	"testing"

	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/represent/representtest"
)

// TestConformance runs the suite over every form, with its defaults and with parameters that
// cut where it hurts.
func TestConformance(t *testing.T) {
	more := map[string][]string{
		"bytes":        {"bytes:length=61", "bytes:length=1"},
		"ustc-all":     {"ustc-all:length=100"},
		"matrix":       {"matrix:packets=3,header=27,payload=5", "matrix:header=0", "matrix:payload=0"},
		"packet-bytes": {"packet-bytes:length=26,trailer=keep"},
		"series":       {"series:packets=7,channels=time+signed-size+ip-size+frame-size+flags,select=all,time=ms-floor"},
		"flowpic":      {"flowpic:size=7,packets=5"},
		"mini-flowpic": {"mini-flowpic:size=9,span=12ms,packets=5"},
		"segments":     {"segments:packets=4,width=13", "segments:part=payload,packets=3"},
		"nprint":       {"nprint:packets=3,layers=udp+eth+ipv6+icmp+tcp+ipv4,payload=9"},
		"bigrams": {
			"bigrams:packets=2,tokens=9,start=ip,separator=sep", "bigrams:start=transport,trailer=keep", "bigrams:start=frame+38,trailer=keep",
			"bigrams:start=frame+59,tokens=3", "bigrams:start=frame+9000",
		},
		"hexwords": {"hexwords:length=33,trailer=keep"},
		"tokens":   {"tokens:bursts=2,packets=2,gap=1ms,payload=4", "tokens:bursts=1,packets=1,gap=0ns,payload=0", "tokens:bursts=40,packets=3,gap=500ns"},
	}
	for _, k := range represent.Kinds() {
		for _, text := range append([]string{k.Name}, more[k.Name]...) {
			t.Run(text, func(t *testing.T) { representtest.Run(t, text) })
		}
		if more[k.Name] == nil {
			t.Errorf("%s has no parameters in this test", k.Name)
		}
	}
}
