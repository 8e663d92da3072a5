from rest_framework import serializers

from example_project.chat.models import ChatSession, Message, Thread, ToolCall

LONGEST_TEXT = 2000


class ToolCallSerializer(serializers.ModelSerializer):
    arguments = serializers.DictField(read_only=True)
    result = serializers.DictField(read_only=True)

    class Meta:
        model = ToolCall
        fields = ["name", "arguments", "result", "created_at"]
        read_only_fields = fields


class MessageSerializer(serializers.ModelSerializer):
    tool_calls = ToolCallSerializer(many=True, read_only=True)

    class Meta:
        model = Message
        fields = ["id", "role", "text", "tool_calls", "created_at"]
        read_only_fields = fields


class ChatSessionSerializer(serializers.ModelSerializer):
    owner = serializers.HiddenField(default=serializers.CurrentUserDefault())
    message_count = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = ChatSession
        fields = ["id", "owner", "title", "message_count", "created_at"]


class ChatHistorySerializer(ChatSessionSerializer):
    messages = MessageSerializer(many=True, read_only=True)

    class Meta(ChatSessionSerializer.Meta):
        fields = [*ChatSessionSerializer.Meta.fields, "messages"]


class ThreadSerializer(serializers.ModelSerializer):
    class Meta:
        model = Thread
        fields = ["id", "session", "created_at"]
        read_only_fields = fields


class TextSerializer(serializers.Serializer):
    text = serializers.CharField(
        max_length=LONGEST_TEXT, help_text="What you ask for, one instruction on each line."
    )
