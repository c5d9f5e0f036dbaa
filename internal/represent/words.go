package represent

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/mask"
)

const hexDigits = "0123456789abcdef"

// hexWords is the unit's first packet as hexadecimal words of two bytes (Pcap-Encoder).
type hexWords struct{ first }

// mostCaptured is the longest packet that hexwords shows whole: the largest snap length that
// tcpdump takes.
const mostCaptured = 262144

func makeHexWords(p *params, b *binding) Form {
	f := &hexWords{first{length: p.number("length", 0, 0, mostCaptured)}}
	if f.length == 0 {
		f.length = mostCaptured
	}
	f.trailer = b.trailer(p)
	f.payload = b.policy.Content == mask.Payload
	f.chunks = b.chunks()
	return f
}

func (f *hexWords) Spec() Spec { return Spec{} }

func (f *hexWords) Facts() Facts {
	return Facts{
		Axes: "", Units: "hexadecimal words of two bytes, an odd last byte alone", Start: f.start(),
		Selection: "the unit's first packet", Counts: "bytes", Clip: fmt.Sprintf("the first %d bytes", f.length),
		Sentence: "The bytes of the unit's first packet as hexadecimal words.",
	}
}

func (f *hexWords) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	n := 0
	if state = rendered(f, state, e); len(state) > 0 {
		k, _ := f.chunks.next(body(state))
		n = len(k.bytes)
	}
	words := 5*(n/2) + 3*(n%2) // each with a space behind it
	at := len(dst)
	dst, room := extend(dst, words+n)
	f.write(room[words:], state)
	for i, x := range room[words:] {
		j := 2*i + i/2
		room[j], room[j+1] = hexDigits[x>>4], hexDigits[x&15]
		if i%2 == 1 {
			room[j+2] = ' '
		}
	}
	return dst[:at+max(words-1, 0)], fit(count(state), uint64(f.length))
}

// bigrams is the bytes of the unit's first packets as overlapping hexadecimal words of two
// bytes, each with a space behind it (ET-BERT, TrafficFormer).
//
// State: count, then for each of the first packets a chunk of the bytes that are shown.
type bigrams struct {
	packets   int
	tokens    int
	start     string
	frame     int // frame+N: N
	separator bool
	trailer   bool
	payload   bool // --content payload
	chunks    chunks
}

const sepToken = "[SEP] "

func makeBigrams(p *params, b *binding) Form {
	f := &bigrams{packets: p.number("packets", 5, 1, 65536), tokens: p.number("tokens", 128, 1, 1<<20), chunks: b.chunks()}
	f.payload = b.policy.Content == mask.Payload
	const allowed = "ip, transport, after-ports, or frame+N with N from 0 to 65535"
	f.start = p.take("start", "after-ports", allowed)
	switch f.start {
	case "ip", "transport", "after-ports":
	default:
		text, ok := strings.CutPrefix(f.start, "frame+")
		n, err := strconv.ParseUint(text, 10, 16)
		if !ok || err != nil {
			p.fail("start", f.start, allowed)
			f.start = "ip"
			break
		}
		f.start, f.frame = "frame", int(n)
		b.linkHeaders("start=frame+" + text)
	}
	if f.start == "frame" {
		p.spell("start", "frame+"+strconv.Itoa(f.frame), "")
	} else {
		p.spell("start", f.start, "after-ports")
	}
	if f.payload && b.given != nil && b.given("start") {
		b.refuse("start does not go with --content payload, which begins at the payload")
	}
	f.separator = p.word("separator", "none", "none", "sep") == "sep"
	f.trailer = b.trailer(p)
	return f
}

func (f *bigrams) Spec() Spec { return Spec{} }

func (f *bigrams) Facts() Facts {
	start := map[string]string{
		"ip": "the IP header", "transport": "the transport header", "after-ports": "behind the ports", "frame": fmt.Sprintf("byte %d of the frame", f.frame),
	}[f.start]
	if f.payload {
		start = "the payload"
	}
	return Facts{
		Units: "hexadecimal words of two bytes, overlapping by one", Start: start,
		Selection: "the unit's first packets", Counts: "packets", Clip: fmt.Sprintf("%d words a packet", f.tokens),
		Sentence: "The bytes of the unit's first packets as overlapping hexadecimal words of two bytes.",
	}
}

func (f *bigrams) Wide() bool { return f.trailer || f.start == "frame" }
func (f *bigrams) Bound() int { return headLen + times(f.packets, f.chunks.grow(f.tokens+1)) }

func (f *bigrams) Grow(state []byte, p *Packet) int {
	if count(state) >= uint64(f.packets) {
		return 0
	}
	return head(state) + f.chunks.grow(min(f.tokens+1, len(p.Data)+12)) // --udp-pad adds 12 bytes
}

func (f *bigrams) Add(state []byte, p *Packet) []byte {
	full := count(state) >= uint64(f.packets)
	state = counts(state, 1)
	if full {
		return state
	}
	v := p.view()
	from, to := v.IP, v.End
	switch {
	case f.payload:
		from = v.Payload
	case f.start == "transport":
		from = v.Transport
	case f.start == "after-ports":
		from = v.Transport + 4
	case f.start == "frame":
		from = f.frame
	}
	if f.trailer {
		to = len(v.Bytes)
	}
	return f.chunks.append(state, v, p.Layout.FromLower(), f.tokens+1, span{min(from, to), to})
}

func (f *bigrams) Merge(earlier, later []byte) []byte {
	return mergeChunks(trusted(f, earlier), trusted(f, later), f.packets, f.chunks)
}

func (f *bigrams) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	var firsts mask.Firsts
	empty := true
	state = rendered(f, state, e)
	for b := body(state); len(b) > 0; {
		var k chunk
		k, b = f.chunks.next(b)
		pairs := max(len(k.bytes)-1, 0)
		if pairs > 0 {
			empty = false
			if f.separator {
				dst = append(dst, sepToken...)
			}
		}
		at := len(dst)
		var room []byte
		dst, room = extend(dst, 5*pairs+len(k.bytes))
		bytes := room[5*pairs:]
		k.write(bytes, &firsts)
		for i := range pairs {
			word := room[5*i : 5*i+5]
			x, y := bytes[i], bytes[i+1]
			word[0], word[1], word[2], word[3], word[4] = hexDigits[x>>4], hexDigits[x&15], hexDigits[y>>4], hexDigits[y&15], ' '
		}
		dst = dst[:at+5*pairs]
	}
	if empty {
		return dst, Outcome{}
	}
	return dst, fit(count(state), uint64(f.packets))
}
