package card

import (
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/internal/typo"
)

// spdxList are the identifiers of the SPDX License List 3.27.0, deprecated ones included,
// one a line. Source: https://spdx.org/licenses/ .
//
//go:embed spdx.txt
var spdxList string

// spdx are the identifiers as SPDX writes them, by the same in lower case.
var spdx = func() map[string]string {
	m := map[string]string{}
	for id := range strings.Lines(spdxList) {
		id = strings.TrimSuffix(id, "\n")
		m[strings.ToLower(id)] = id
	}
	return m
}()

// hubNames are the licenses of the Hugging Face Hub. Where one is a license of SPDX under
// another name, that is the value; where it is none of SPDX, the value is "". Source:
// https://huggingface.co/docs/hub/repositories-licenses .
var hubNames = map[string]string{
	"odbl": "ODbL-1.0", "pddl": "PDDL-1.0", "odc-by": "ODC-By-1.0", "c-uda": "C-UDA-1.0",
	"openrail": "", "bigscience-openrail-m": "", "creativeml-openrail-m": "", "bigscience-bloom-rail-1.0": "", "bigcode-openrail-m": "",
	"bsd": "", "cc": "", "gfdl": "", "gpl": "", "lgpl": "", "lgpl-lr": "", "h-research": "", "intel-research": "", "apple-ascl": "", "apple-amlr": "",
	"openmdw-1.0": "", "openrail++": "", "deepfloyd-if-license": "", "fair-noncommercial-research-license": "", "gemma": "",
	"llama2": "", "llama3": "", "llama3.1": "", "llama3.2": "", "llama3.3": "", "llama4": "", "unknown": "", "other": "",
}

// hubSPDX are those that the Hub calls as SPDX does, in lower case.
var hubSPDX = strings.Fields(`apache-2.0 mit afl-3.0 artistic-2.0 bsl-1.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0
cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gpl-2.0 gpl-3.0 lgpl-2.1 lgpl-3.0
isc lppl-1.3c ms-pl mpl-2.0 osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib`)

// isURL tells whether a license is given by the address of its text.
func isURL(license string) bool {
	u, err := url.Parse(license)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// spdxID is the identifier of SPDX for what a user gave, "" if there is none.
func spdxID(license string) string {
	low := strings.ToLower(license)
	if id := spdx[low]; id != "" {
		return id
	}
	return hubNames[low]
}

// checkLicense refuses what no reader of a card would know.
func checkLicense(license string) error {
	if license == "" || isURL(license) || spdxID(license) != "" {
		return nil
	}
	low := strings.ToLower(license)
	if _, ok := hubNames[low]; ok {
		return nil
	}
	known := make([]string, 0, len(spdx)+len(hubNames))
	for id := range spdx {
		known = append(known, id)
	}
	for name := range hubNames {
		known = append(known, name)
	}
	slices.Sort(known)
	return fmt.Errorf("license %q: need an identifier of https://spdx.org/licenses/, a name of https://huggingface.co/docs/hub/repositories-licenses, or the URL of its text%s",
		license, typo.DidYouMean(low, known))
}

// licenseLines are the license in the front matter: a name of the Hub, or "other" with the
// name and address of the license.
func (a *About) licenseLines() []string {
	low, id := strings.ToLower(a.License), spdxID(a.License)
	switch {
	case a.License == "":
		return []string{"license: other  # fill in: a license of https://huggingface.co/docs/hub/repositories-licenses"}
	case isURL(a.License):
		return []string{"license: other", "license_link: " + quoted(a.License)}
	case id == "" || slices.Contains(hubSPDX, low):
		return []string{"license: " + quoted(low)}
	}
	for name, of := range hubNames {
		if of == id {
			return []string{"license: " + quoted(name)}
		}
	}
	return []string{"license: other", "license_name: " + quoted(strings.ToLower(id)), "license_link: " + quoted(spdxURL(id))}
}

func spdxURL(id string) string { return "https://spdx.org/licenses/" + id + ".html" }

// licenseURL is where SPDX has the text of a license. A URL is what it is, and so is a name
// that SPDX does not have.
func licenseURL(license string) string {
	if id := spdxID(license); id != "" {
		return spdxURL(id)
	}
	return license
}
