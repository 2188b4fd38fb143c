package awsconf

import "testing"

func TestARedrivePolicyIsReadAsAWSAndAsOthersWriteIt(t *testing.T) {
	for policy, want := range map[string]int{"": 0, `{"deadLetterTargetArn":"a","maxReceiveCount":10}`: 10, `{"deadLetterTargetArn":"a","maxReceiveCount":"7"}`: 7} {
		if _, n, err := ParseRedrive(policy); err != nil || n != want {
			t.Errorf("%s: %d, %v", policy, n, err)
		}
	}
	if _, _, err := ParseRedrive(`{"maxReceiveCount":"many"}`); err == nil {
		t.Error("many is a number")
	}
}
