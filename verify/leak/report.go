package leak

import (
	"math"
	"slices"
	"strings"
)

// Report is what a search found.
type Report struct {
	Addresses [3]int // searched for: IPv4, IPv6, MAC
	Names     int
	WellKnown int // addresses and names left out
	Short     int // names too short or strange to be searched for

	Tunnels int64            // packets of tunnels: the addresses of their inner headers are searched for
	Unread  map[string]int64 // packets of link types that are not decoded, by name: their addresses are not known

	Captures []Capture // as they were named
	Files    []File    // of the dataset, in byte-wise order of their names
	Samples  Samples
	Groups   []Group // finds, by verdict, file, kind and form
	Problems []error // captures and files that could not be read to their end; each names its path
}

// Capture is one of the captures.
type Capture struct {
	Path    string
	Packets int64
	Known   bool // the dataset was made from it
}

// File is what was searched of the dataset.
type File struct {
	Name  string // relative to its directory, with slashes
	Bytes int64
	Note  string // what of it could not be looked into; "" = nothing
}

// Samples is what was found out about the samples' header fields.
type Samples struct {
	Placed   int64        // laid beside the session that they were made from
	Unplaced int64        // not judged: their captures were not named, or Why
	Why      string       // why no sample can be judged; "" if they can
	Strange  int64        // their captures do not give them
	Fields   [kinds]int64 // fields that were held against their mask, by kind
	Bad      [kinds]int64 // and are not as it promises
	Missing  []string     // captures of the dataset with samples that were not named
}

// Group is the finds of one kind.
type Group struct {
	Verdict   Verdict
	File      string
	Kind      Kind
	Form      Form
	Hits      int64
	Different int     // addresses or names, as far as they were counted
	Chance    float64 // hits to expect by chance; below 0: practically none
	Places    []Place // the first ones
}

// Place is one find.
type Place struct {
	Offset  int64  // in the file's bytes, or those that its gzip holds
	Packed  bool   // the offset is in what gzip holds
	Named   bool   // in the file's name; Offset is in that
	Sample  int64  // number of the sample, from 0; -1: in none
	Byte    int    // in the sample
	Capture string // that the sample was made from
	Class   string
	Secret  string // the address or name; "" if that was not asked for
}

// Broken is how many finds break a promise.
func (r *Report) Broken() (n int64) {
	for i := range r.Groups {
		if r.Groups[i].Verdict.Broken() {
			n += r.Groups[i].Hits
		}
	}
	return n
}

// groups gathers finds.
type groups struct {
	of        map[groupKey]*group
	places    int
	addresses bool
	secrets   []secret
}

type groupKey struct {
	verdict Verdict
	file    string
	kind    Kind
	form    Form
}

type group struct {
	Group
	seen map[int32]struct{}
}

// note counts a find; id is the secret's, below 0 for what is none.
func (g *groups) note(v Verdict, file string, k Kind, f Form, id int32, p Place) {
	key := groupKey{v, file, k, f}
	x := g.of[key]
	if x == nil {
		x = &group{Group: Group{Verdict: v, File: file, Kind: k, Form: f, Chance: -1}, seen: map[int32]struct{}{}}
		g.of[key] = x
	}
	x.Hits++
	if id >= 0 {
		x.seen[id] = struct{}{}
		if g.addresses {
			p.Secret = g.secrets[id].String()
		}
	}
	if len(x.Places) < g.places {
		x.Places = append(x.Places, p)
	}
}

// chance notes what to expect of IPv4 addresses as bytes, of one verdict in a file,
// where bytes have the given frequencies.
func (g *groups) chance(v Verdict, file string, histogram *[256]int64) {
	for f := Bytes; f <= Plain; f++ {
		if x := g.of[groupKey{v, file, IPv4, f}]; x != nil {
			x.Chance = expect(g.secrets, histogram)[f]
		}
	}
}

// chanceOfPseudonyms notes how many of so many IPv4 pseudonyms are one of so many
// addresses by chance.
func (g *groups) chanceOfPseudonyms(fields int64, addresses int) {
	for key, x := range g.of {
		if key.verdict == Pseudonym {
			x.Chance = float64(fields) * float64(addresses) / (1 << 32)
		}
	}
}

// expect is how many IPv4 addresses as bytes there are by chance, if each byte of the
// data is drawn on its own with its frequency. It is the same in both byte
// orders, but for palindromes, which are searched for in one.
func expect(secrets []secret, histogram *[256]int64) (e [forms]float64) {
	var total int64
	for _, n := range histogram {
		total += n
	}
	if total == 0 {
		return e
	}
	var f [256]float64
	for i, n := range histogram {
		f[i] = float64(n) / float64(total)
	}
	for i := range secrets {
		if secrets[i].kind != IPv4 {
			continue
		}
		a := secrets[i].address()
		p := f[a[0]] * f[a[1]] * f[a[2]] * f[a[3]] * float64(total)
		form, reversed := Bytes, Reversed
		if plainBytes(a) {
			form, reversed = Plain, Plain
		}
		e[form] += p
		if a[0] != a[3] || a[1] != a[2] {
			e[reversed] += p
		}
	}
	return e
}

// list is the groups in the order of a report.
func (g *groups) list() (all []Group) {
	for _, x := range g.of {
		x.Different = len(x.seen)
		all = append(all, x.Group)
	}
	slices.SortFunc(all, func(a, b Group) int {
		if a.Verdict != b.Verdict {
			return int(a.Verdict) - int(b.Verdict)
		}
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Kind != b.Kind {
			return int(a.Kind) - int(b.Kind)
		}
		return int(a.Form) - int(b.Form)
	})
	return all
}

// Likely reports whether so many hits are what chance gives: whether a Poisson
// variable of the group's mean reaches them with more than one in a million.
// Groups without a Chance are never.
func (g *Group) Likely() bool {
	if g.Chance < 0 {
		return false
	}
	// Chernoff: P(X >= k) <= exp(-m) (e m / k)^k for k > m.
	k, m := float64(g.Hits), g.Chance
	return k <= m || -m+k*(1+math.Log(m/k)) > math.Log(1e-6)
}
