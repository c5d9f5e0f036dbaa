package audit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/represent/representtest"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// TestFieldsOfForms: a field of a packet that changes only changes cells that the audit calls by its name, for every form that has cells.
func TestFieldsOfForms(t *testing.T) {
	more := map[string][]string{
		"matrix":   {"matrix:packets=3,header=27,payload=5", "matrix:header=0", "matrix:payload=0"},
		"series":   {"series:packets=7,channels=time+signed-size+ip-size+frame-size+flags,select=all"},
		"segments": {"segments:packets=4,width=13", "segments:part=payload,packets=3"},
		"nprint":   {"nprint:packets=3,layers=udp+eth+ipv6+icmp+tcp+ipv4,payload=9"},
		"ustc-all": {"ustc-all:length=300"},
		"flowpic":  {"flowpic:size=33"},
	}
	policies := map[string]mask.Policy{
		"keep": {}, "mac remove": {MAC: mask.Remove}, "ip remove": {IP: mask.Remove, MAC: mask.Remove},
		"lengths zero": with(mask.Policy{}, mask.IPLength, mask.Zero), "payload remove": with(mask.Policy{}, mask.PayloadBytes, mask.Remove),
		"payload": {Content: mask.Payload}, "udp-pad": {UDPPad: true},
	}
	for _, k := range represent.Kinds() {
		texts := append([]string{k.Name}, more[k.Name]...)
		if k.Name == "flowpic" {
			texts = texts[1:] // two million cells
		}
		for _, text := range texts {
			for name, p := range policies {
				choice, err := represent.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				f, err := choice.Bind(p, sample.Shape{})
				if err != nil || f.Spec().Type == represent.Text || k.Name == represent.Default && p.HidesLengths() {
					continue // refused; a line of text; a sample whose packets the file of layouts tells
				}
				if name == "payload remove" && (text == "matrix:header=0" || text == "segments:part=payload,packets=3") {
					continue // nothing is left to show
				}
				t.Run(text+" "+name, func(t *testing.T) {
					m := &manifest.Manifest{Settings: settingsOf(p, text), Rows: f.Spec().Rows, Cols: f.Spec().Cols}
					_, parameters, _ := strings.Cut(choice.String(), ":")
					m.Form = &manifest.Form{Name: choice.Name(), Parameters: parameters, DType: f.Spec().Type.String(), Counts: f.Facts().Counts}
					w := audit.NewWalker(m)
					fields := func(s represent.Spec, image []byte, counted uint64) (names []string) {
						at := 0
						for _, g := range w.Walk(image, counted) {
							if g.From != at || g.To <= at {
								t.Fatalf("%+v behind %d", g, at)
							}
							for ; at < g.To; at++ {
								name := g.Field
								if g.Packet >= 0 && g.Field != "payload" {
									name = fmt.Sprintf("packet.%d.%s", g.Packet, g.Field)
								}
								names = append(names, name)
							}
						}
						if at != s.Rows*s.Cols {
							t.Fatalf("%d of %d cells have a name", at, s.Rows*s.Cols)
						}
						return names
					}
					representtest.Fields(t, text, p, fields)
				})
			}
		}
	}
}

// settingsOf are the settings of a policy and a form, as a manifest has them.
func settingsOf(p mask.Policy, form string) manifest.Settings {
	set := map[string]string{"form": form, "mac": p.MAC.String(), "ip": p.IP.String(), "content": p.Content.String(), "udp_pad": "off"}
	if p.UDPPad {
		set["udp_pad"] = "on"
	}
	if text := p.Masked(); text != "" {
		set["mask"] = text
	}
	return manifest.NewSettings(set)
}
