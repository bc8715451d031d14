"""The job protocol of OpenAI's Files, Uploads and fine-tuning API, through the official client."""
