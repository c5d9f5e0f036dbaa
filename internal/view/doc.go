// Package view serves pages of one dataset to the person at this machine.
//
// Open reads an index of the dataset into memory, some 40 bytes a sample, and goes over the
// samples once for digests and means. Serve answers until its context is done, and audits the
// dataset meanwhile.
//
// # Who may ask
//
// The server listens on 127.0.0.1 only. Every request must name that address in Host, which a
// page of somebody else that has its name resolved anew (DNS rebinding) cannot; where a browser
// says which page asks (Origin, Sec-Fetch-Site), it must be one of ours; and it must know a
// token of 128 random bits. The token comes once in the address that the command prints, and
// then in a cookie that scripts do not see and other sites cannot send. Only GET and HEAD are
// answered. The policy of the pages allows nothing but the server itself, nothing may frame
// them, and no referrer leaves.
//
// # How long it takes
//
// A filter goes over the index, not over the samples: some milliseconds for a million. A page
// reads at most pageSize samples. The nearest other samples are looked for among at most
// mostCandidates bytes of them, evenly spaced, which stay in memory; the page says so.
package view
