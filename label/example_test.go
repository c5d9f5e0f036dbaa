package label_test

import (
	"fmt"
	"log"

	"github.com/pcapmill/pcapmill/label"
)

// A capture is labelled by its name; the longest keyword wins.
func ExampleTable_Match() {
	table, err := label.Builtin("iscx-vpn")
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"captures/skype_chat1a.pcap", "captures/vpn_skype_chat1a.pcap", "torGoogle.pcap"} {
		m := table.Match(name)
		if err := m.Err(); err != nil {
			log.Fatal(err) // classes tie: the table does not decide
		}
		fmt.Printf("%s: %d %s %q\n", name, m.Label, m.Class, m.Keyword)
	}
	// Output:
	// captures/skype_chat1a.pcap: 0 Chat "skype_chat"
	// captures/vpn_skype_chat1a.pcap: 5 VPN_Chat "vpn_skype_chat"
	// torGoogle.pcap: 255 unknown ""
}

// Keywords that are equally long do not decide, and the error says which.
func ExampleMatch_Err() {
	table, err := label.Parse("own.yaml", []byte("Web: [http]\nMail: [smtp]\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.Match("smtp_and_http.pcap").Err())
	// Output:
	// "smtp_and_http.pcap": class "Web" by keyword "http" and class "Mail" by keyword "smtp" tie at 4 characters; hint: give the right class a longer keyword that occurs in this name
}

// What is wrong with a table is shown where it stands.
func ExampleParse_error() {
	_, err := label.Parse("own.yaml", []byte("Web: [http, https]\nShop: [HTTPS]\n"))
	fmt.Println(err)
	// Output:
	// own.yaml:2:8: keyword "HTTPS" of class "Shop" (line 2) is a keyword of class "Web" (line 1) already; a name that holds it would tie
	//   | Shop: [HTTPS]
	//   |        ^
}
