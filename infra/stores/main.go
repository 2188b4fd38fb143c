// Command stores writes docs/stores.md: what the S3 stores that airlock is developed on can do, each
// cell as `airlock doctor --probe` finds it.
//
//	go run ./infra/stores                                    versitygw bare and the dev stack
//	infra/localstack/run.sh go run ./infra/stores            and LocalStack
//
// Without LocalStack its column stays as it is in the page.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
)

const page = "docs/stores.md"

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "stores:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	before, err := os.ReadFile(page)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	columns, err := probeAll(ctx, parse(before))
	if err != nil {
		return err
	}
	after := render(columns)
	if bytes.Equal(before, after) {
		fmt.Println(page, "is up to date")
		return nil
	}
	fmt.Println(page, "is written")
	return os.WriteFile(page, after, 0o644)
}
