"""Questions to the evidence around an incident, one file each, answered with numbers and lines."""
