"""The remote side: files, jobs and results at an endpoint that speaks the OpenAI protocol."""
