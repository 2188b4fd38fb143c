package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"airlock/signer"
)

type statusCommand struct {
	signerFlags
	ID   string `arg:"" help:"Upload id."`
	JSON bool   `name:"json" help:"The signer's whole answer."`
}

// Run asks the signer.
func (c *statusCommand) Run(ctx context.Context, s streams) error {
	client := signer.Client{Endpoint: c.Endpoint, Token: c.Token}
	st, err := client.Status(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, st)
	}
	printStatus(s.out, st)
	return nil
}

// printStatus is a line for people; what a stranger chose is quoted.
func printStatus(w io.Writer, st signer.Status) {
	fmt.Fprintf(w, "%-8s  %s  %q", st.State, st.ID, st.Filename)
	if st.Size != nil {
		fmt.Fprintf(w, "  %d bytes", *st.Size)
	}
	if st.DetectedType != nil {
		fmt.Fprintf(w, "  %s", *st.DetectedType)
	}
	if st.Reason != nil {
		fmt.Fprintf(w, "  %s: %s", *st.Reason, orDash(st.Detail))
	}
	if st.Clean != nil {
		fmt.Fprintf(w, "  s3://%s/%s", st.Clean.Bucket, st.Clean.Key)
	}
	fmt.Fprintln(w)
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

type healthcheckCommand struct {
	Listen        string        `default:"127.0.0.1:8080" help:"The signer's --listen."`
	MetricsListen string        `placeholder:"ADDR" help:"The --metrics-listen of signer or validator; asked instead if given."`
	Timeout       time.Duration `default:"5s" help:"How long to wait."`
}

// Run exits 0 if the process is ready. A wildcard address is asked on loopback.
func (c *healthcheckCommand) Run(ctx context.Context, s streams) error {
	addr := c.Listen
	if c.MetricsListen != "" {
		addr = c.MetricsListen
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%w: %w", errConfig, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", resp.Status)
	}
	fmt.Fprintln(s.out, "ready")
	return nil
}
