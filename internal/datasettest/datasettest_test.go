package datasettest_test

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/datasettest"
)

// faultEnv names the fault that TestFault runs the suite with.
const faultEnv = "PCAPMILL_TEST_FAULT"

// readPlain goes by the header alone.
func readPlain(t *testing.T, dir string) (samples [][]byte, labels []uint16) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, plainName))
	if err != nil {
		t.Fatal(err)
	}
	size := int(binary.BigEndian.Uint64(b)*binary.BigEndian.Uint64(b[8:])) + 1
	count := int(binary.BigEndian.Uint64(b[16:]))
	if have, need := len(b), plainHeader+count*size; have < need {
		t.Fatalf("file has %d bytes, its header needs %d", have, need)
	}
	for i := range count {
		record := b[plainHeader+i*size:][:size]
		labels = append(labels, uint16(record[0]))
		samples = append(samples, record[1:])
	}
	return samples, labels
}

func runPlain(t *testing.T, fault string) {
	datasettest.Run(t, func() dataset.Format { return plain{fault} }, readPlain)
}

func TestPlain(t *testing.T) { runPlain(t, "") }

// The suite must notice every fault, and in the check that is there for it. Each runs
// in a process of its own, because a subtest that fails cannot be taken back.
func TestSuiteNoticesFaults(t *testing.T) {
	for fault, check := range map[string]string{
		"label off":                      "RoundTrip",
		"wrong file size":                "RoundTrip",
		"samples are the committed ones": "RoundTrip",
		"process number in the data":     "RoundTrip",
		"any spec":                       "ImpossibleSpec",
		"sample kept":                    "SamplesAreCopied",
		"trace of commits":               "AppendEqualsOneGo",
		"any size":                       "WrongSampleSize",
		"any shape":                      "WrongShape",
		"untyped refusal":                "FewerThanCommitted",
		"cut short taken":                "CutShort",
		"missing file made":              "MissingFile",
		"tail stays":                     "TailIsCut",
		"cut not reported":               "TailIsCut",
		"close leaves the rest":          "CloseWithoutCommit",
		"count before commit":            "KilledBeforeCommit",
		"commit when closed":             "Closed",
		"close twice":                    "Closed",

		"prepare commits":                 "Prepared",
		"sizes as committed":              "Prepared",
		"commit of what was prepared":     "Prepared",
		"close commits what was prepared": "Prepared",
		"prepare when closed":             "Closed",
	} {
		t.Run(strings.ReplaceAll(fault, " ", "_"), func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestFault$/^"+check+"$")
			cmd.Env = append(os.Environ(), faultEnv+"="+fault)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestFault/"+check) {
				t.Errorf("check %s did not notice (%v):\n%s", check, err, out)
			}
			if strings.Contains(string(out), "panic:") {
				t.Errorf("check %s panicked:\n%s", check, out)
			}
		})
	}
}

// TestFault is what TestSuiteNoticesFaults runs.
func TestFault(t *testing.T) {
	fault, ok := os.LookupEnv(faultEnv)
	if !ok {
		t.Skip("runs in a process of its own, started by TestSuiteNoticesFaults")
	}
	runPlain(t, fault)
}
