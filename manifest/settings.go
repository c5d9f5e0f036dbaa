package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Settings are the choices that decide what the bytes of a dataset are, in the
// words of the command line. A dataset has one set of them; adding to it with
// others is refused.
type Settings struct {
	Length    int    `json:"length"` // bytes of a sample
	Shape     string `json:"shape"`  // ROWSxCOLS
	Content   string `json:"content"`
	MAC       string `json:"mac"`
	IP        string `json:"ip"`
	Ports     string `json:"ports"`
	Checksums string `json:"checksums"`
	UDPPad    bool   `json:"udp_pad"`
	Key       string `json:"key,omitempty"` // mask.KeyID of the pseudonym key, never the key
	Drop      string `json:"drop"`
	Dedup     string `json:"dedup"`
	Resync    bool   `json:"resync,omitempty"`
	Labels    string `json:"labels"` // name of the class table
	// What follows is absent where it is as ever: labels from names, all sessions wanted,
	// one session a five-tuple.
	LabelFrom   string `json:"label_from,omitempty"` // "dir" or "table"
	MinPackets  int64  `json:"min_packets,omitempty"`
	MinBytes    int64  `json:"min_bytes,omitempty"`
	IdleTimeout string `json:"idle_timeout,omitempty"` // as time.Duration writes it
	TCPRestart  bool   `json:"tcp_restart,omitempty"`
}

// Diff lists in plain words how two settings differ; have is the dataset's,
// want is the run's.
func Diff(have, want Settings) []string {
	var lines []string
	line := func(name string, h, w any) {
		if h != w {
			lines = append(lines, fmt.Sprintf("--%s: the dataset has %v, this run asks for %v", name, h, w))
		}
	}
	onOff := map[bool]string{false: "off", true: "on"}
	line("length", have.Length, want.Length)
	line("shape", have.Shape, want.Shape)
	line("content", have.Content, want.Content)
	line("mac", have.MAC, want.MAC)
	line("ip", have.IP, want.IP)
	line("ports", have.Ports, want.Ports)
	line("checksums", have.Checksums, want.Checksums)
	line("udp-pad", onOff[have.UDPPad], onOff[want.UDPPad])
	line("key-file", keyName(have.Key), keyName(want.Key))
	line("drop", have.Drop, want.Drop)
	line("dedup", have.Dedup, want.Dedup)
	line("resync", onOff[have.Resync], onOff[want.Resync])
	line("label-from", cmp.Or(have.LabelFrom, "name"), cmp.Or(want.LabelFrom, "name"))
	line("min-packets", have.MinPackets, want.MinPackets)
	line("min-bytes", have.MinBytes, want.MinBytes)
	line("idle-timeout", cmp.Or(have.IdleTimeout, "none"), cmp.Or(want.IdleTimeout, "none"))
	line("tcp-restart", onOff[have.TCPRestart], onOff[want.TCPRestart])
	return lines
}

func keyName(id string) string {
	if id == "" {
		return "no key"
	}
	return "the key with id " + id
}

// DiffClasses lists how two class tables differ: names and keywords by label.
func DiffClasses(have, want []Class) []string {
	var lines []string
	known := func(cs []Class) []Class {
		return slices.DeleteFunc(slices.Clone(cs), func(c Class) bool { return c.Name == UnknownName })
	}
	have, want = known(have), known(want)
	for i := range max(len(have), len(want)) {
		switch {
		case i >= len(have):
			lines = append(lines, fmt.Sprintf("--labels: the dataset has no class %d, this run calls it %s", i, want[i].Name))
		case i >= len(want):
			lines = append(lines, fmt.Sprintf("--labels: the dataset calls class %d %s, this run has no such class", i, have[i].Name))
		case have[i].Name != want[i].Name:
			lines = append(lines, fmt.Sprintf("--labels: the dataset calls class %d %s, this run calls it %s", i, have[i].Name, want[i].Name))
		case !slices.Equal(have[i].Keywords, want[i].Keywords):
			lines = append(lines, fmt.Sprintf("--labels: class %s has the keywords %s in the dataset, %s in this run",
				have[i].Name, strings.Join(have[i].Keywords, " "), strings.Join(want[i].Keywords, " ")))
		}
	}
	return lines
}
