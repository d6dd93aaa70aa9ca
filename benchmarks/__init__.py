"""Commands that measure what Darkroom promises. Each prints one JSON object last with --json."""
