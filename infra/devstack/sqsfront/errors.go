package sqsfront

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

// ErrNoQueue is returned, wrapped, by Send for an ARN that names no queue. To clients it is QueueDoesNotExist.
var ErrNoQueue error = failure("QueueDoesNotExist", "The specified queue does not exist.")

// apiError is an answer of SQS that says what the client did wrong.
type apiError struct{ code, message string }

func (e *apiError) Error() string { return e.code + ": " + e.message }

// failure makes an error with a code of the JSON protocol, such as "ReceiptHandleIsInvalid".
func failure(code, format string, args ...any) *apiError {
	return &apiError{code: code, message: fmt.Sprintf(format, args...)}
}

// badValue is SQS's sentence for a parameter outside its range.
func badValue(name string, value any, reason string) *apiError {
	return failure("InvalidParameterValue", "Value %v for parameter %s is invalid. Reason: %s", value, name, reason)
}

// queryCode is the code of SQS's older protocol. SDKs show it as ErrorCode, for programs written against that; it is on each
// operation's page of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/.
func queryCode(code string) string {
	switch code {
	case "QueueDoesNotExist":
		return "AWS.SimpleQueueService.NonExistentQueue"
	case "QueueNameExists":
		return "QueueAlreadyExists"
	case "BatchEntryIdsNotDistinct", "BatchRequestTooLong", "EmptyBatchRequest", "InvalidBatchEntryId", "MessageNotInflight",
		"TooManyEntriesInBatchRequest", "UnsupportedOperation":
		return "AWS.SimpleQueueService." + code
	}
	return code
}

// writeError answers with err in the protocol's shape. What is no apiError is this side's fault: logged, and a bare 500. If the
// client is gone that is why, and of no interest.
func (f *Front) writeError(w http.ResponseWriter, r *http.Request, op string, err error) {
	level := slog.LevelError
	if r.Context().Err() != nil {
		level = slog.LevelDebug
	}
	status, fault := http.StatusBadRequest, "Sender"
	var e *apiError
	switch {
	case !errors.As(err, &e):
		f.cfg.Log.Log(r.Context(), level, "SQS request failed", "op", op, "err", err)
		status, fault = http.StatusInternalServerError, "Receiver"
		e = failure("InternalFailure", "The request processing has failed because of an unknown error, exception or failure.")
	case e.code == "InvalidClientTokenId", e.code == "MissingAuthenticationToken":
		status = http.StatusForbidden
	case e.code == "ResourceNotFoundException":
		status = http.StatusNotFound
	}
	w.Header().Set("X-Amzn-Query-Error", queryCode(e.code)+";"+fault)
	body := map[string]string{"__type": "com.amazonaws.sqs#" + e.code, "message": e.message}
	if err := writeJSON(w, status, body); err != nil {
		f.cfg.Log.Debug("error not delivered", "op", op, "err", err)
	}
}
