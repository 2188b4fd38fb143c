package awsconf

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// ParseRedrive reads the RedrivePolicy of a queue: the ARN of its dead-letter queue, and after how
// many receives a message goes there. AWS writes the count as a number, others as a string. "" is no
// policy, and 0 receives.
func ParseRedrive(policy string) (dlq string, maxReceives int, err error) {
	if policy == "" {
		return "", 0, nil
	}
	var p struct {
		DLQ         string `json:"deadLetterTargetArn"`
		MaxReceives any    `json:"maxReceiveCount"`
	}
	if err := json.Unmarshal([]byte(policy), &p); err != nil {
		return "", 0, fmt.Errorf("read redrive policy: %w", err)
	}
	n, err := strconv.Atoi(fmt.Sprint(p.MaxReceives))
	if err != nil {
		return "", 0, fmt.Errorf("read redrive policy: maxReceiveCount %v is no number", p.MaxReceives)
	}
	return p.DLQ, n, nil
}
