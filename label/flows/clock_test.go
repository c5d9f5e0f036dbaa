package flows_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/label/flows"
)

func TestClock(t *testing.T) {
	const day = "%d/%m/%Y %{8}I:%M:%S|%d/%m/%Y %{8}I:%M"
	for _, test := range []struct{ layout, zone, text, want, coarse string }{
		{"%d/%m/%Y %I:%M:%S %p", "UTC", "07/03/2023 02:11:09 PM", "2023-03-07T14:11:09Z", "999.999999ms"},
		{"%d/%m/%Y %I:%M:%S %p", "UTC", "7/3/2023  12:00:00 am", "2023-03-07T00:00:00Z", "999.999999ms"},
		{"%d/%m/%Y %I:%M:%S %p", "UTC", "7/3/2023 12:00:00 PM", "2023-03-07T12:00:00Z", "999.999999ms"},
		{day, "America/Halifax", "3/7/2017 8:55", "2017-07-03T11:55:00Z", "59.999999999s"},
		{day, "America/Halifax", "03/07/2017 12:59:59", "2017-07-03T15:59:59Z", "999.999999ms"},
		{day, "America/Halifax", "3/7/2017 1:02", "2017-07-03T16:02:00Z", "59.999999999s"},
		{day, "-03:00", "3/7/2017 7:59", "2017-07-03T22:59:00Z", "59.999999999s"},
		{"%Y-%m-%dT%H:%M:%S.%f%z", "", "2024-02-29T23:59:59.25+05:30", "2024-02-29T18:29:59.25Z", "9.999999ms"},
		{"%Y-%m-%dT%H:%M:%S%z", "America/Halifax", "2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z", "999.999999ms"},
		{"%Y-%m-%d %H:%M:%S.%f", "Europe/Berlin", "2024-07-01 12:00:00.123456789123", "2024-07-01T10:00:00.123456789Z", "0s"},
		{"%H:%M %% %m/%d/%Y", "UTC", "9:05 % 2/1/2001", "2001-02-01T09:05:00Z", "59.999999999s"},
		{"unix", "", "1500000000", "2017-07-14T02:40:00Z", "999.999999ms"},
		{"unix", "", "1.5e9", "2017-07-14T02:40:00Z", "999.999999ms"},
		{"unix", "", "0x59682f00", "2017-07-14T02:40:00Z", "999.999999ms"},
		{"unix", "", "1500000000.25", "2017-07-14T02:40:00.25Z", "9.999999ms"},
		{"unix", "", "-0.5", "1969-12-31T23:59:59.5Z", "99.999999ms"},
		{"unix-ms", "", "1500000000123", "2017-07-14T02:40:00.123Z", "999.999µs"},
		{"unix-us", "", "1500000000123456", "2017-07-14T02:40:00.123456Z", "999ns"},
		{"unix-ns", "", "1500000000123456789", "2017-07-14T02:40:00.123456789Z", "0s"},
	} {
		c, err := flows.NewClock(test.layout, test.zone, 0)
		if err != nil {
			t.Errorf("%q: %v", test.layout, err)
			continue
		}
		at, coarse, err := c.Read(" " + test.text + " ")
		if got := time.Unix(0, at).UTC().Format(time.RFC3339Nano); err != nil || got != test.want || time.Duration(coarse).String() != test.coarse {
			t.Errorf("%q: %q is %s and %v, %v; want %s and %s", test.layout, test.text, got, time.Duration(coarse), err, test.want, test.coarse)
		}
		if later, err := flows.NewClock(test.layout, test.zone, -time.Hour); err != nil {
			t.Error(err)
		} else if early, _, err := later.Read(test.text); err != nil || early != at-int64(time.Hour) {
			t.Errorf("an hour earlier: %d, %v", early, err)
		}
	}
}

func TestClockRefuses(t *testing.T) {
	for _, test := range []struct{ layout, zone string }{
		{"%d/%m/%Y %I:%M:%S", "UTC"},
		{"%d/%m/%Y %H:%M:%S", ""},
		{"%d/%m/%Y %H:%M:%S", "Local"},
		{"%d/%m/%Y %H:%M:%S", "Halifax"},
		{"%d/%m/%Y %H:%M:%S", "+25:00"},
		{"%d/%m/%Y", "UTC"},
		{"%d/%m/%Y %H:%M %p", "UTC"},
		{"%d/%m/%Y %H:%M %H", "UTC"},
		{"%d/%m/%Y %H:%M.%f", "UTC"},
		{"%d/%m/%Y %{13}I:%M", "UTC"},
		{"%d/%m/%Y %{x}I:%M", "UTC"},
		{"%d/%m/%Y %{8}H:%M", "UTC"},
		{"%d/%m/%Y %H:%M %", "UTC"},
		{"%d/%m/%Y %H:%M %q", "UTC"},
		{"unix|%d/%m/%Y %H:%M", ""},
		{"", "UTC"},
	} {
		if _, err := flows.NewClock(test.layout, test.zone, 0); err == nil {
			t.Errorf("%q in zone %q was taken", test.layout, test.zone)
		}
	}
	for _, test := range []struct{ layout, text string }{
		{"%d/%m/%Y %H:%M", "31/4/2017 10:00"},
		{"%d/%m/%Y %H:%M", "29/2/2017 10:00"},
		{"%d/%m/%Y %H:%M", "0/2/2017 10:00"},
		{"%d/%m/%Y %H:%M", "1/13/2017 10:00"},
		{"%d/%m/%Y %H:%M", "1/1/2017 24:00"},
		{"%d/%m/%Y %H:%M", "1/1/2017 10:60"},
		{"%d/%m/%Y %H:%M", "1/1/17 10:00"},
		{"%d/%m/%Y %H:%M", "1/1/2017 10:00 x"},
		{"%d/%m/%Y %H:%M", "1/1/2017"},
		{"%d/%m/%Y %H:%M", "1/1/9999 10:00"},
		{"%d/%m/%Y %I:%M %p", "1/1/2017 13:00 PM"},
		{"%d/%m/%Y %I:%M %p", "1/1/2017 0:00 AM"},
		{"%d/%m/%Y %I:%M %p", "1/1/2017 1:00 XM"},
		{"unix", "1e99"},
		{"unix", "1."},
		{"unix", "9300000000"},
		{"unix-ns", "9223372036854775808"},
	} {
		c, err := flows.NewClock(test.layout, "UTC", 0)
		if err != nil {
			t.Fatal(err)
		}
		if at, _, err := c.Read(test.text); err == nil {
			t.Errorf("%q: %q is %v", test.layout, test.text, time.Unix(0, at).UTC())
		}
	}
	c, err := flows.NewClock("unix-ns", "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read("9223372036854775806"); err == nil {
		t.Error("a time beyond the end of time was read")
	}
}

// TestClockReadsWhatItWrites compares with the library's own writer of times.
func TestClockReadsWhatItWrites(t *testing.T) {
	forms := map[string]string{
		"%d/%m/%Y %I:%M:%S %p": "02/01/2006 03:04:05 PM", "%Y-%m-%dT%H:%M:%S.%f%z": "2006-01-02T15:04:05.000000000Z07:00",
		"%m/%d/%Y %H:%M": "1/2/2006 15:04",
	}
	zone, err := time.LoadLocation("America/Halifax")
	if err != nil {
		t.Fatal(err)
	}
	draw.Check(t, func(t *rapid.T) {
		layout := rapid.SampledFrom([]string{"%d/%m/%Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%S.%f%z", "%m/%d/%Y %H:%M"}).Draw(t, "layout")
		when := time.Unix(draw.Int64(0, 4e9).Draw(t, "seconds"), draw.Int64(0, 999999999).Draw(t, "ns")).In(zone)
		c, err := flows.NewClock(layout, "America/Halifax", 0)
		if err != nil {
			t.Fatal(err)
		}
		text := when.Format(forms[layout])
		at, coarse, err := c.Read(text)
		same, err2 := time.ParseInLocation(forms[layout], text, zone)
		if err != nil || err2 != nil || at != same.UnixNano() {
			t.Fatalf("%q is %v, want %v; %v, %v", text, time.Unix(0, at).In(zone), same, err, err2)
		}
		if d := when.UnixNano() - at; !strings.Contains(text, "T") && (d < 0 || d > coarse) && same.Equal(when.Truncate(time.Minute)) {
			t.Fatalf("%v is %d ns after what %q says, but at most %d", when, d, text, coarse)
		}
	})
}
