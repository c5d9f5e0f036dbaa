package nprint

import (
	"fmt"
	"strconv"
	"strings"
)

// columns are the names of the bits as nPrint has them, without the first column, of the form
// nprint with parameters as the manifest has them: those that are not at their defaults.
func columns(parameters string) ([]string, error) {
	shown, payload := "ipv4+tcp+udp", 0
	for pair := range strings.SplitSeq(parameters, ",") {
		key, value, _ := strings.Cut(pair, "=")
		switch key {
		case "layers":
			shown = value
		case "payload":
			n, err := strconv.ParseUint(value, 10, 16)
			if err != nil {
				return nil, fmt.Errorf("form nprint: payload=%s: need a number of bytes", value)
			}
			payload = int(n)
		}
	}
	var names []string
	for layer := range strings.SplitSeq(shown, "+") {
		fields, ok := layers[layer]
		if !ok {
			return nil, fmt.Errorf("form nprint: there is no layer %q", layer)
		}
		for _, f := range fields {
			for i := range f.bits {
				names = append(names, fmt.Sprintf("%s_%s_%d", layer, f.name, i))
			}
		}
	}
	for i := range 8 * payload {
		names = append(names, fmt.Sprintf("payload_bit_%d", i))
	}
	return names, nil
}

type bitField struct {
	name string
	bits int
}

// layers are the fields of each layer, in order.
var layers = map[string][]bitField{
	"eth": {{"dhost", 48}, {"shost", 48}, {"ethertype", 16}},
	"ipv4": {
		{"ver", 4},
		{"hl", 4},
		{"tos", 8},
		{"tl", 16},
		{"id", 16},
		{"rbit", 1},
		{"dfbit", 1},
		{"mfbit", 1},
		{"foff", 13},
		{"ttl", 8},
		{"proto", 8},
		{"cksum", 16},
		{"src", 32},
		{"dst", 32},
		{"opt", 320},
	},
	"ipv6": {{"ver", 4}, {"tc", 8}, {"fl", 20}, {"len", 16}, {"nh", 8}, {"hl", 8}, {"src", 128}, {"dst", 128}},
	"tcp": {
		{"sprt", 16},
		{"dprt", 16},
		{"seq", 32},
		{"ackn", 32},
		{"doff", 4},
		{"res", 3},
		{"ns", 1},
		{"cwr", 1},
		{"ece", 1},
		{"urg", 1},
		{"ackf", 1},
		{"psh", 1},
		{"rst", 1},
		{"syn", 1},
		{"fin", 1},
		{"wsize", 16},
		{"cksum", 16},
		{"urp", 16},
		{"opt", 320},
	},
	"udp":  {{"sport", 16}, {"dport", 16}, {"len", 16}, {"cksum", 16}},
	"icmp": {{"type", 8}, {"code", 8}, {"cksum", 16}, {"roh", 32}},
}
