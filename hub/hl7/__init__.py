"""HL7 v2 messages that we write for other systems; what analyzers send is read by their adapters."""
