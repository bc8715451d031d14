"""Every shape that is read: each is one file behind one small interface, and one line here.

To add one: write its file with its `Shape`, and put that into SHAPES before those that would take its rows.
"""

from __future__ import annotations

from tuneset.reading.shapes.agent_trajectory import AGENT_TRAJECTORY
from tuneset.reading.shapes.ai_studio import AI_STUDIO
from tuneset.reading.shapes.alpaca import ALPACA
from tuneset.reading.shapes.alpaca_ranking import ALPACA_RANKING
from tuneset.reading.shapes.answer_pairs import ANSWER_PAIRS
from tuneset.reading.shapes.anthropic import ANTHROPIC
from tuneset.reading.shapes.assistants_thread import ASSISTANTS_THREAD
from tuneset.reading.shapes.base import Shape
from tuneset.reading.shapes.bedrock import BEDROCK
from tuneset.reading.shapes.chat import CHAT, TASK
from tuneset.reading.shapes.chat_templates import CHAT_TEMPLATES
from tuneset.reading.shapes.chatbot_pairs import CHATBOT_PAIRS
from tuneset.reading.shapes.chatgpt_export import CHATGPT
from tuneset.reading.shapes.claude_export import CLAUDE
from tuneset.reading.shapes.column_lists import COLUMN_LISTS
from tuneset.reading.shapes.conversation_column import CONVERSATIONS
from tuneset.reading.shapes.gemini import GEMINI, GEMINI_PAIR
from tuneset.reading.shapes.gemini_cli import GEMINI_CLI
from tuneset.reading.shapes.glaive import GLAIVE
from tuneset.reading.shapes.haystack import HAYSTACK
from tuneset.reading.shapes.help_desk import FRESHDESK, INTERCOM
from tuneset.reading.shapes.inbox_messages import INBOX_MESSAGES
from tuneset.reading.shapes.label_studio import LABEL_STUDIO
from tuneset.reading.shapes.langchain import LANGCHAIN
from tuneset.reading.shapes.listed_answers import LISTED_ANSWERS
from tuneset.reading.shapes.llama_index import LLAMA_INDEX
from tuneset.reading.shapes.lm_studio import LM_STUDIO
from tuneset.reading.shapes.logged_call import ANSWERED_CHATS, LOGGED_CALLS
from tuneset.reading.shapes.marked_answers import MARKED_ANSWERS
from tuneset.reading.shapes.message_tree import MESSAGE_TREE
from tuneset.reading.shapes.messenger_export import MESSENGER
from tuneset.reading.shapes.multiple_choice import MULTIPLE_CHOICE
from tuneset.reading.shapes.open_webui import OPEN_WEBUI
from tuneset.reading.shapes.otel import OTEL, OTEL_COLUMNS
from tuneset.reading.shapes.preference_pair import CHOSEN_REJECTED, PREFERENCE
from tuneset.reading.shapes.prompt_completion import PAIRS, TASKS
from tuneset.reading.shapes.pydantic_ai import PYDANTIC_AI
from tuneset.reading.shapes.query_calls import QUERY_CALLS
from tuneset.reading.shapes.ranked_answers import RANKED_ANSWERS
from tuneset.reading.shapes.responses_items import RESPONSES
from tuneset.reading.shapes.semantic_kernel import SEMANTIC_KERNEL
from tuneset.reading.shapes.semantic_kernel_net import SEMANTIC_KERNEL_NET
from tuneset.reading.shapes.sharegpt import SHARE_GPT
from tuneset.reading.shapes.support_ticket import SUPPORT_TICKET
from tuneset.reading.shapes.text_pairs import TEXT_PAIRS
from tuneset.reading.shapes.toolace import TOOLACE
from tuneset.reading.shapes.turns import TURNS
from tuneset.reading.shapes.vercel_ai import VERCEL_AI
from tuneset.reading.shapes.wrapped_calls import POSTHOG, PROMPTFOO

SHAPES: tuple[Shape, ...] = (
    CHATGPT,
    CLAUDE,
    OPEN_WEBUI,
    AI_STUDIO,
    POSTHOG,
    PROMPTFOO,
    MESSENGER,
    INTERCOM,
    FRESHDESK,
    MESSAGE_TREE,
    MARKED_ANSWERS,
    *MULTIPLE_CHOICE,
    TOOLACE,
    *VERCEL_AI,
    *PYDANTIC_AI,
    *HAYSTACK,
    *SEMANTIC_KERNEL,
    *SEMANTIC_KERNEL_NET,
    *GEMINI_CLI,
    LM_STUDIO,
    *LANGCHAIN,
    *LLAMA_INDEX,
    *ASSISTANTS_THREAD,
    *COLUMN_LISTS,
    *INBOX_MESSAGES,
    *CHATBOT_PAIRS,
    *TURNS,
    ANTHROPIC,
    BEDROCK,
    *ANSWERED_CHATS,
    CHAT,
    SHARE_GPT,
    *ALPACA,
    *PAIRS,
    GEMINI,
    RESPONSES,
    OTEL,
    OTEL_COLUMNS,
    *LOGGED_CALLS,
    *TEXT_PAIRS,
    *CONVERSATIONS,
    AGENT_TRAJECTORY,
    GLAIVE,
    *CHAT_TEMPLATES,
    QUERY_CALLS,
    SUPPORT_TICKET,
    LABEL_STUDIO,
    *RANKED_ANSWERS,
    *LISTED_ANSWERS,
    ALPACA_RANKING,
    *ANSWER_PAIRS,
    *PREFERENCE,
    *CHOSEN_REJECTED,
    GEMINI_PAIR,
    TASK,
    *TASKS,
)
"""In the order in which they are tried; only those of the wanted line format are."""
