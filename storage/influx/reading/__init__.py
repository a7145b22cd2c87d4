"""What a server has, asked in its own language: PromQL (VictoriaMetrics) or InfluxQL (InfluxDB)."""
