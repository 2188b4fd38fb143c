// Package fault holds no code, only tests: validators as processes of their own, on a real S3, SQS and
// NATS, while everything around them is killed, cut, stalled, filled and repeated. Each test ends with
// the ten invariants of PROTOCOL section 6, of which none may be violated, and its comment names the
// cell of that section's table that it holds.
//
//	go test ./validator/fault -run Fault -v     all of it, under 4 minutes, and a table of all tests
//	go test ./...                               the same tests with fewer uploads, kills and seconds, and not the
//	                                            slowest: within a minute
//
// Which of the two is told by the -run flag: naming Fault means all. -short skips the package.
//
// Cells of the CI column that are held elsewhere: a panic in an inspector is a verdict and no poison
// (nothing that ships panics on purpose: package validator's own tests see to it).
package fault
