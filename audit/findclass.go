package audit

import (
	"fmt"
	"slices"
	"strings"
)

// named after such traffic, a class is meant to hold it.
var backgroundNames = []string{"dns", "llmnr", "ntp", "dhcp", "netbios", "nbns", "ssdp", "upnp", "bootp", "discovery"}

// background finds classes of which many samples are traffic that every host sends.
func (f *finder) background() {
	r := &f.rules
	walks := r.walks()
	samples := f.fields.background
	switch counted := f.d.background(); {
	case !r.foreign && !r.ports && counted != nil:
		samples = counted
	case !walks || !r.ports || r.foreign && !f.fields.ported:
		f.skip(kindBackground)
		return
	}
	var classes []int
	largest := 0.0
	for c, n := range samples {
		share := round6(float64(n) / float64(f.d.classes[c].rows))
		name := strings.ToLower(f.d.classes[c].name)
		if share <= 0.1 || slices.ContainsFunc(backgroundNames, func(s string) bool { return strings.Contains(name, s) }) {
			continue
		}
		classes, largest = append(classes, c), max(largest, share)
	}
	if classes == nil {
		return
	}
	f.enter(Finding{
		Severity: above(largest, 0.5), Kind: kindBackground, Score: largest, Classes: f.named(classes),
		Text:   fmt.Sprintf("Up to %.4f of the samples of %s are background traffic (DNS, NTP, name services, multicast).", largest, list(f.named(classes))),
		Remedy: "--drop tcp-control,dns,background",
	})
}

// background is the manifest's number of samples by class whose first packet is background;
// nil where it did not count for some capture.
func (d *Data) background() []uint32 {
	if d.manifest == nil {
		return nil
	}
	of := map[uint16]int64{}
	for i := range d.manifest.Captures {
		c := &d.manifest.Captures[i]
		if c.Background == nil {
			return nil
		}
		for _, b := range c.Background {
			of[b.Label] += b.Samples
		}
	}
	counts := make([]uint32, len(d.classes))
	for k, c := range d.classes {
		counts[k] = uint32(min(of[c.label], int64(c.rows)))
	}
	return counts
}

// oneGroup finds classes of one capture.
func (f *finder) oneGroup() {
	if f.d.captures == nil {
		f.skip(kindOneGroup)
		return
	}
	const none, several = -1, -2
	only := make([]int, len(f.d.classes))
	for i := range only {
		only[i] = none
	}
	for row, c := range f.d.captures {
		switch k := f.d.class[row]; only[k] {
		case none:
			only[k] = int(c)
		case int(c), several:
		default:
			only[k] = several
		}
	}
	var classes []int
	rows := 0
	for k, c := range only {
		if c >= 0 {
			classes, rows = append(classes, k), rows+f.d.classes[k].rows
		}
	}
	if classes == nil {
		return
	}
	share := round6(float64(rows) / float64(f.d.rows()))
	f.enter(Finding{
		Severity: above(share, 0.5), Kind: kindOneGroup, Score: share, Classes: f.named(classes),
		Text:   fmt.Sprintf("%s: one capture each, %.4f of the rows. Class and capture cannot be told apart.", list(f.named(classes)), share),
		Remedy: "add captures of these classes, made at other times and places, and split by capture: pcapmill split --split-by capture",
	})
}

func (f *finder) imbalance() {
	large, small := f.d.classes[0].rows, f.d.classes[0].rows
	for _, c := range f.d.classes {
		large, small = max(large, c.rows), min(small, c.rows)
	}
	if large > 100*small {
		f.enter(Finding{
			Severity: Warning, Kind: kindImbalance, Score: float64(large) / float64(small),
			Text:   fmt.Sprintf("The largest class has %d rows, the smallest %d: accuracy says little about the small ones.", large, small),
			Remedy: "compare balanced accuracy or macro-F1; --max-per-class and --min-per-class bound the classes",
		})
	}
}

// remedies name the option that removes a field.
var remedies = map[field]string{
	ethDestination: "--mac remove", ethSource: "--mac remove", ethType: "--mac remove", linkHeader: "--mac remove",
	ipTOS: "--mask ip.tos=zero", ipLength: "--mask ip.length=zero", ipID: "--mask ip.id=zero", ipFragment: "--mask ip.fragment=zero",
	ipTTL: "--mask ip.ttl=zero", ipChecksum: "--checksums zero", ipSource: "--ip zero", ipDestination: "--ip zero", ipOptions: "--mask ip.options=zero",
	ip6Version: "--mask ip.tos=zero", ip6Flow: "--mask ip.flow-label=zero,ip.tos=zero", ip6Length: "--mask ip.length=zero", ip6Hops: "--mask ip.ttl=zero",
	ip6Source: "--ip zero", ip6Destination: "--ip zero", ip6Extension: "--mask ip.options=zero,ip.fragment=zero",
	tcpSport: "--ports zero", tcpDport: "--ports zero", tcpSeq: "--mask tcp.seq=relative", tcpAck: "--mask tcp.ack=relative",
	tcpFlags: "--mask tcp.flags=zero", tcpWindow: "--mask tcp.window=zero", tcpChecksum: "--checksums zero",
	tcpUrgent: "--mask tcp.urgent=zero", tcpOptions: "--mask tcp.options=zero",
	udpSport: "--ports zero", udpDport: "--ports zero", udpLength: "--mask udp.length=zero", udpChecksum: "--checksums zero",
	recordTime:   "compile the captures with 'pcapmill convert', whose samples hold no capture times",
	recordLength: "compile the captures with 'pcapmill convert', whose samples hold no record headers",
}

// remedy says what removes a field, or what to do if nothing does.
func (f *finder) remedy(name string) string {
	short := bare(name)
	if k := slices.Index(kinds[:], short); k >= 0 {
		if text, ok := remedies[field(k)]; ok {
			return text
		}
	}
	if behaviour(name) {
		return "test on captures never seen: pcapmill split --split-by capture; it is what the packets do, and no option hides it"
	}
	switch short {
	case "frame-size":
		return "leave the channel frame-size out: ip-size does not count link headers"
	case "flags", "push":
		return "leave the channel " + short + " out: --form series:channels=ipt+dir+size"
	case "payload", nameMixed:
		return "test on captures never seen: pcapmill split --split-by capture; look at what the byte says in the payload of each class"
	case "padding":
		return "samples differ in length here: --length, or --min-bytes"
	case "capture.header", "capture.link-type":
		return "compile the captures with 'pcapmill convert --mac remove', and capture all classes at one place"
	}
	return "no option hides this: capture all classes at one place, and split by capture: pcapmill split --split-by capture"
}
