package mill_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// notPlanned are the fields of mill.Options that are no part of a plan's JSON: they belong to a machine or are a secret.
var notPlanned = []string{"Key", "ForgeKey", "Flows", "StdinName", "Workers", "Memory", "Tmp", "BlockLength"}

// TestPlanKeepsEveryOption: each field of the options, and of the table that they name, comes back from a plan's JSON. A new
// field gets another value than its default here, or stands in notPlanned. --table-errors was lost.
func TestPlanKeepsEveryOption(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{
		"in/email.pcap": tiny(1),
		"flows.csv":     []byte("sa,sp,da,dp,pr,at,d,class\n192.0.2.1,1,192.0.2.2,9,17,10,1,Good\nbad\n"),
	})
	o := mill.Default()
	o.Form, _ = represent.Parse("packet-bytes:length=35")
	o.DropSessionWith = header.DropSTUN | header.DropLSD
	o.Mask.IP, o.Drop, o.Shape, o.Dedup = mask.Remove, header.DropDNS, sample.Shape{Rows: 5, Cols: 7}, sample.DedupSession
	o.Unknown, o.Breaks, o.Resync, o.MaxExpansion = mill.SkipUnknown, session.Breaks{Idle: 5e9, Restart: true, Of: session.Flows, MaxPackets: 9, Active: 6e9, Slice: 7e9, Window: 8e9}, true, 77
	o.MinPackets, o.MinBytes, o.MinSpan, o.TableTimes, o.InputSHA256 = 2, 3, 4, mill.RelativeTimes, true
	o.LabelFrom, o.TableConflict = mill.FromTable, mill.LongestConflict
	o.Labels = &label.Table{Name: "mine.yaml", Classes: []label.Class{{Name: "Good", Keywords: []string{"good"}}}}
	o.Forge, o.Group = forge.TTL, mill.GroupAll
	o.Variant, o.Variants = "one", []mill.Variant{{Name: "two", Mask: mask.Default(), Shape: sample.Shape{Rows: 3, Cols: 9}}}
	o.Table = flows.Source{
		Path: filepath.Join(dir, "flows.csv"), Preset: "zeek-conn", Times: "unix-ms", Zone: "-03:00", Offset: "1h", Errors: "1",
		Columns: "src_ip=sa,src_port=sp,dst_ip=da,dst_port=dp,proto=pr,start=at,duration_s=d,label=class",
	}
	for i, v := 0, reflect.ValueOf(o.Table); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("flows.Source.%s: give it a value in this test", v.Type().Field(i).Name)
		}
	}
	reading, err := o.Table.Options()
	if err != nil {
		t.Fatal(err)
	}
	if o.Flows, err = flows.Load(t.Context(), o.Table.Path, 64<<20, reading); err != nil {
		t.Fatal(err)
	}
	p, err := mill.Prepare([]string{filepath.Join(dir, "in")}, "", o)
	if err != nil {
		t.Fatal(err)
	}
	q := decoded(t, encoded(t, p))
	q.Labels.Name = filepath.Base(q.Labels.Name)
	have, want, usual := reflect.ValueOf(q.Options), reflect.ValueOf(p.Options), reflect.ValueOf(mill.Default())
	machine := map[string]bool{}
	for _, name := range notPlanned {
		if machine[name] = true; !have.FieldByName(name).IsValid() {
			t.Errorf("there is no field %s any more", name)
		}
	}
	for i := range want.NumField() {
		f := want.Type().Field(i)
		switch a, b := have.Field(i), want.Field(i); {
		case !f.IsExported() || machine[f.Name]:
		case reflect.DeepEqual(b.Interface(), usual.Field(i).Interface()):
			t.Errorf("mill.Options.%s: give it another value than its default in this test, or name it in notPlanned", f.Name)
		case !reflect.DeepEqual(a.Interface(), b.Interface()):
			t.Errorf("mill.Options.%s comes back as %+v, want %+v", f.Name, a.Interface(), b.Interface())
		}
	}
	q.Out = filepath.Join(dir, "out") // the bad row is one that --table-errors allows
	if _, err = mill.Run(t.Context(), q, mill.Events{}, nil); err != nil {
		t.Errorf("the plan that was read back: %v", err)
	}
}
