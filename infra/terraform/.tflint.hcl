# The rules for Terraform's language; those for AWS are a plugin of their own, which `tflint --init`
# fetches where it can.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
